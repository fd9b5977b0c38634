// The pool notice, made at most once a second however many ask for it. Its counts are read at most
// once in kPoolsFor, and when operators have changed what the pools contain; each form of it is
// written and compressed at the first request after that; a secret that is public is asked for
// once. Thread-safe.
#pragma once

#include <compare>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/engine.h"
#include "engine/guarded.h"
#include "engine/types.h"
#include "net/web/pages.h"
#include "net/web/pool_json.h"

namespace plated {

inline constexpr Millis kPoolsFor{1000};

class PoolNotice {
 public:
  struct Parts {
    Engine& engine;
    TickSource& ticks;
    // A monotonic clock: how old the counts are goes by it, not by service time.
    std::function<Millis()> monotonic;
    // A draw secret of a period that is over; nothing while it must stay secret.
    std::function<std::optional<DrawSecret>(PoolKey, Day period)> revealed;
    bool rehearsal = false;
  };

  // What somebody asks for: the JSON of everything, or a page in one language, of one office or of
  // what comes first.
  struct Form {
    bool json = false;
    PageLanguage language = PageLanguage::zh;
    std::optional<OfficeCode> office = {};
    friend auto operator<=>(const Form&, const Form&) = default;
  };

  struct Text {
    std::string plain;
    std::string gzip;
    std::string etag;  // of `plain`, with its quotes
  };
  struct Answer {
    std::shared_ptr<const Text> text;
    Sequence rests_on;
  };

  explicit PoolNotice(Parts parts) : parts_(std::move(parts)) {}

  // Nothing when there is no pool of that office.
  [[nodiscard]] std::optional<Answer> ask(const Form& form);

 private:
  // What the last reading of the engine found, and what was written of it since.
  struct Reading {
    std::optional<Millis> read_at;  // by the monotonic clock; none before the first reading
    uint64_t changes = 0;           // of the pools by operators, that it has seen
    CivilTime at{};                 // the moment that the pages name
    Sequence rests_on;
    std::vector<PublicPool> pools;
    std::vector<Office> offices;
    std::map<Form, std::shared_ptr<const Text>> texts;
    std::map<Form, std::shared_ptr<const Text>> before;     // of the reading before
    std::map<std::pair<PoolKey, Day>, DrawSecret> secrets;  // those that are public

    [[nodiscard]] bool has_pools_of(OfficeCode office) const;
  };

  void read(Reading& reading) const;
  [[nodiscard]] std::optional<DrawSecret> secret(Reading& reading, PoolKey pool, Day period) const;
  [[nodiscard]] std::shared_ptr<const Text> made(const Reading& reading, const Form& form) const;

  const Parts parts_;
  Guarded<Reading> reading_;
};

}  // namespace plated
