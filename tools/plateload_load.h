// What all threads of one load share. Everything referred to outlives the threads.
#pragma once

#include <atomic>
#include <string>

#include "net/ticket.h"
#include "tools/plateload_connection.h"
#include "tools/plateload_errands.h"
#include "tools/plateload_journal.h"
#include "tools/plateload_options.h"
#include "tools/plateload_oracle.h"

namespace plated::load {

struct Load {
  const LoadOptions& options;
  const Server& server;
  const TicketKey& key;
  Errands& errands;
  PlateLedger& ledger;
  Journal& journal;
  std::atomic<bool>& stop;         // set: everybody leaves where he is
  std::atomic<bool>& broken;       // set by the threads when the load itself cannot go on
  std::atomic<bool>& fell_behind;  // set by the threads when the schedule is not kept any more
  int64_t start_ns = 0;            // of the schedule

  [[nodiscard]] bool ends() const {
    return stop.load(std::memory_order_relaxed) || broken.load(std::memory_order_relaxed) ||
           fell_behind.load(std::memory_order_relaxed);
  }
};

// A ticket for `owner` that outlives the load.
[[nodiscard]] std::string ticket_of(const TicketKey& key, const std::string& owner);

// Tells `tally` that something due at `due_ns` is looked at, and whether the load has fallen
// further behind than it may.
class Tally;
void keep_pace(const Load& load, Tally& tally, int64_t due_ns, int64_t now);

}  // namespace plated::load
