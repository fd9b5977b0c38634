// What a client was told and may therefore hold the server to, outside the server: for one owner
// that no acknowledged answer is taken back, and over all owners that no plate has two.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/plateload/wire/protocol.h"

namespace plated::load {

// One vehicle's documents in the order in which they were told. Not thread-safe.
class OwnerOracle {
 public:
  // Whether `document` can be true after all that was told before; otherwise the sentence that says
  // why it cannot. It counts as told from then on, unless it is older than what was told. An
  // operator's void or erasure looks like a broken promise here: there are none in a rehearsal's
  // load.
  [[nodiscard]] std::string tell(const Document& document);

  // What was told last, by version.
  [[nodiscard]] const std::optional<Document>& known() const { return known_; }

 private:
  std::optional<Document> known_;
};

// Which owner each plate was told to belong to. Thread-safe.
class PlateLedger {
 public:
  // Notes that `owner` has `plate`; empty, or the other owner who was told the same.
  [[nodiscard]] std::string claim(std::string_view plate, std::string_view owner);

  [[nodiscard]] std::size_t plates() const;

 private:
  mutable std::mutex mutex_;
  boost::unordered_flat_map<std::string, std::string> owners_;
};

// Every plate that `document` says its owner has at the moment: held, fallback, reserved.
[[nodiscard]] std::vector<std::string> plates_of(const Document& document);

}  // namespace plated::load
