// Whose turn it is, and when: the owners of a load, or those of a journal that is to be verified.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "tools/plateload/options.h"
#include "tools/plateload/owners/oracle.h"
#include "tools/plateload/owners/schedule.h"
#include "tools/plateload/owners/walk.h"

namespace plated::load {

// One owner's turn.
struct Errand {
  std::string owner;
  std::string vehicle;
  WalkPlan plan;
  OwnerOracle oracle;               // what the owner already knows, from a journal
  std::optional<int64_t> due_ns{};  // after the start; nullopt: as soon as somebody is free
};

// Hands out the owners, each once. Thread-safe, as long as each thread takes its own turn.
class Errands {
 public:
  explicit Errands(const LoadOptions& options);
  Errands(const LoadOptions& options, std::map<std::string, OwnerOracle> known);

  // The next errand for thread number `thread`; nullopt: none is left for it.
  [[nodiscard]] std::optional<Errand> next(std::size_t thread);
  // How many there are. Of an open loop it is what was given out so far.
  [[nodiscard]] uint64_t count() const;

  // The turn of owner number `index` after the first.
  [[nodiscard]] Errand errand_of(uint64_t index) const;

 private:
  [[nodiscard]] Errand known_errand();

  const LoadOptions& options_;
  mutable std::mutex mutex_;
  std::map<std::string, OwnerOracle> known_;
  std::vector<Arrivals> arrivals_;  // by thread, in an open loop
  uint64_t given_ = 0;
  uint64_t count_ = 0;
};

}  // namespace plated::load
