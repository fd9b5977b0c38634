// What all threads of one load share. Everything referred to outlives the threads.
#pragma once

#include <atomic>
#include <string>

#include "net/protocol/ticket.h"
#include "tools/plateload/errands.h"
#include "tools/plateload/figures/tally.h"
#include "tools/plateload/options.h"
#include "tools/plateload/owners/journal.h"
#include "tools/plateload/owners/oracle.h"
#include "tools/plateload/wire/connection.h"

namespace plated::load {

// Why a load stops itself: its figures would mean nothing.
enum class Invalid : uint8_t {
  no,
  fell_behind,  // plateload did not keep its own schedule
  no_room,      // all its connections were taken
  used_up,      // the owners of a steady load have no draws left
};

// That a load stopped itself, and how far it was behind.
struct GivenUp {
  std::atomic<Invalid> why = Invalid::no;
  std::atomic<int64_t> behind_ns = 0;  // to be read when every thread has ended

  // The first reason stays: those after it may be its consequences.
  void tell(Invalid reason, int64_t reason_behind_ns) {
    Invalid none = Invalid::no;
    if (why.compare_exchange_strong(none, reason)) {
      behind_ns = reason_behind_ns;
    }
  }
};

// The moment at which the schedule begins: when every thread has said that it is ready.
class Start {
 public:
  explicit Start(uint32_t threads) : missing_(threads) {}

  // Said once by each thread; the last one decides.
  void ready() {
    if (missing_.fetch_sub(1) == 1) {
      at_ns_ = now_ns() + 10 * kNsPerMs;
    }
  }
  // 0: not decided yet.
  [[nodiscard]] int64_t at_ns() const { return at_ns_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint32_t> missing_;
  std::atomic<int64_t> at_ns_ = 0;
};

struct Load {
  const LoadOptions& options;
  const Server& server;
  const TicketKey& key;
  Errands& errands;
  PlateLedger& ledger;
  Journal& journal;
  std::atomic<bool>& stop;    // set: everybody leaves where they are
  std::atomic<bool>& broken;  // set by the threads when the load itself cannot go on
  GivenUp& given_up;
  Start& start;

  void give_up(Invalid why, int64_t behind_ns) const { given_up.tell(why, behind_ns); }
  // What is due before is warm-up.
  [[nodiscard]] int64_t measure_from_ns() const {
    return start.at_ns() + options.warm_up_ms * kNsPerMs;
  }
  // A steady load is measured until its schedule ends, however long its last answers take; visits
  // until the last is over.
  [[nodiscard]] int64_t measure_until_ns() const {
    return options.is_steady() ? start.at_ns() + options.lasts_ms() * kNsPerMs : kNever;
  }
  [[nodiscard]] bool ends() const {
    return stop.load(std::memory_order_relaxed) || broken.load(std::memory_order_relaxed) ||
           given_up.why.load(std::memory_order_relaxed) != Invalid::no;
  }
};

// A ticket for `owner` that outlives the load.
[[nodiscard]] std::string ticket_of(const TicketKey& key, const std::string& owner);

// Tells `tally` that what was due at `due_ns` begins, and gives up when the load has fallen further
// behind than it may, be it in the warm-up.
void keep_pace(const Load& load, Tally& tally, int64_t due_ns, int64_t now);

}  // namespace plated::load
