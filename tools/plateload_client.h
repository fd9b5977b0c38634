// The sockets of a load: many WebSocket connections on one thread, each taking one owner after
// another through his walk. The only file of plateload that includes Beast.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "net/ticket.h"
#include "tools/plateload_journal.h"
#include "tools/plateload_options.h"
#include "tools/plateload_oracle.h"
#include "tools/plateload_tally.h"

namespace plated {

// One owner's turn.
struct Errand {
  std::string owner;
  std::string vehicle;
  WalkPlan plan;
  OwnerOracle oracle;  // what he already knows, from a journal
};

// Hands out the owners: those of the options, or those of a journal to be verified. Thread-safe.
class Errands {
 public:
  explicit Errands(const LoadOptions& options);
  Errands(const LoadOptions& options, std::map<std::string, OwnerOracle> known);

  [[nodiscard]] std::optional<Errand> next();
  [[nodiscard]] uint64_t count() const { return count_; }

 private:
  const LoadOptions& options_;
  std::mutex mutex_;
  std::map<std::string, OwnerOracle> known_;
  uint64_t given_ = 0;
  uint64_t count_ = 0;
};

// What all threads of a load share.
struct Load {
  const LoadOptions& options;
  const TicketKey& key;
  Errands& errands;
  PlateLedger& ledger;
  Journal& journal;
  std::atomic<bool>& stop;    // set: everybody leaves where he is
  std::atomic<bool>& broken;  // set by the threads when the load itself cannot go on
};

// Runs `connections` connections on the calling thread until no errand is left or `stop` is set.
// With a journal to verify, every plate that an owner holds is claimed, not only what is reserved.
void run_connections(const Load& load, std::size_t connections, Tally& tally);

}  // namespace plated
