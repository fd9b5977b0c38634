// What one command or one timer does to one application. Each event that it decides is applied at
// once, so that the next is decided on what it left. All are appended together while the shard's
// mutex and, once plates moved, the pool's are still held. Made under the shard's mutex; engine
// only.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "engine/check.h"
#include "engine/engine_parts.h"
#include "engine/selection_rules.h"
#include "engine/waiting_rules.h"

namespace plated {

// Events that move plates between states: their pool is locked when they are added.
template <class E>
concept MovesPlates =
    std::same_as<E, Drawn> || std::same_as<E, BatchExpired> || std::same_as<E, ShortlistExpired> ||
    std::same_as<E, HoldsForfeited> || std::same_as<E, Confirmed> || std::same_as<E, Lapsed> ||
    std::same_as<E, Issued> || std::same_as<E, Voided>;

class Transaction {
 public:
  // `shard` is held for as long as the transaction lives. Requires a vehicle of that shard that an
  // owner has.
  Transaction(Engine::Parts& parts, const Hold<Shard>& shard, uint32_t vehicle, const Now& now)
      : parts_(parts),
        shard_(*shard),
        vehicle_(vehicle),
        office_(parts.state.office_of(shard_.roster().vehicle(vehicle))),
        pool_(parts.state.pool(shard_.roster().vehicle(vehicle).pool)),
        now_(now) {}
  ~Transaction() { check(count_ == 0, "what was decided is appended"); }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  [[nodiscard]] ApplicationSite site() const { return shard_.site(vehicle_, office_, now_); }
  [[nodiscard]] uint32_t version() const { return site().version(); }
  [[nodiscard]] Entropy& entropy() { return shard_.entropy(); }
  [[nodiscard]] bool has_pool() const { return pool_ != nullptr; }
  // From now on changes of the application are published to those who watch it.
  void watch() { shard_.roster().vehicle(vehicle_).watched = true; }

  // The vehicle's pool, locked from now until the commit. Requires that there is one.
  [[nodiscard]] Pool& pool() {
    check(pool_ != nullptr, "an application that holds plates has a pool");
    if (!pool_hold_) {
      pool_hold_.emplace(*pool_);
    }
    return **pool_hold_;
  }

  // An empty list that lives until the commit, for the plates of one event.
  [[nodiscard]] std::vector<PlateNumber>& list() {
    check(lists_used_ < lists().size(), "an event has at most one list of plates of its own");
    auto& list = lists()[lists_used_++];
    list.clear();
    return list;
  }

  // Where a draw puts its picks; lives until the commit.
  [[nodiscard]] std::array<Pick, kBatchSizeMax>& picks() { return picks_; }

  // Applies the event; commit() appends it. Requires that it follows from the application's state.
  template <class E>
  void add(const E& event) {
    check(count_ < events_.size(), "one command decides at most kEventsPerAppend events");
    if constexpr (MovesPlates<E>) {
      (void)pool();
    }
    const CivilTime blacklisted_until = site().owner.blacklisted_until;
    events_[count_] = event;
    shard_.apply(event, Shard::Site{vehicle_, office_, pool_hold_ ? &**pool_hold_ : nullptr, now_});
    deadlines_[count_++] = site().reservation.deadline;
    if (site().owner.blacklisted_until != blacklisted_until) {
      raise_others();
    }
  }
  // The same for an event of whatever kind. Requires one of an application.
  void add_any(const Event& event) {
    std::visit(
        [this]<class E>(const E& e) {
          if constexpr (requires { e.application.owner; }) {
            add(e);
          } else {
            check(false, "a transaction is about one application");
          }
        },
        event);
  }
  // Adds the event, if the decision is one; returns its refusal.
  template <class E>
  Refusal take(const Decision<E>& decision) {
    check(decision.refusal == Refusal::none || !decision.event, "what is refused does not happen");
    if (decision.event) {
      add(*decision.event);
    }
    return decision.refusal;
  }

  // Makes a fact of all that is due. Bounded: each kind of due thing ends itself.
  void settle() {
    for (std::size_t i = 0; i < kEventsPerAppend; ++i) {
      const Due due = due_of(site());
      if (due == Due::nothing) {
        return;
      }
      check(i + 1 < kEventsPerAppend, "settling leaves room for the command's own event");
      add_any(decide_due(site(), due, entropy(), list()));
    }
  }

  [[nodiscard]] bool empty() const { return count_ == 0; }
  // Whether what only somebody who works may do has to wait at the door of the waiting room.
  [[nodiscard]] bool waits_at_door() const {
    const ApplicationSite here = site();
    return here.office.settings.working_max > 0 &&
           door_refusal(here, shard_.standings().find(here.vehicle.owner, office_.code)) ==
               Refusal::waiting;
  }
  [[nodiscard]] bool rehearses() const { return parts_.state.surroundings().rehearsal; }

  // Appends what was decided, and lets the pool go; returns the sequence on which the answer rests.
  Sequence commit() {
    if (count_ == 0) {
      pool_hold_.reset();
      return parts_.sink.last();
    }
    const std::span<const Event> events(events_.data(), count_);
    const Sequence last = parts_.sink.append(now_, events);
    pool_hold_.reset();
    check(last.value >= count_, "each event has its place in the log");
    for (std::size_t i = 0; i < count_; ++i) {
      shard_.keep_place(events_[i], vehicle_, deadlines_[i], Sequence{last.value - count_ + 1 + i},
                        now_);
    }
    parts_.state.keep_times(now_);
    count_ = 0;
    return last;
  }

 private:
  // The owner's other applications show the blacklisting too.
  void raise_others() {
    if (shard_.roster().vehicles_of(site().owner).size() > 1) {
      check(count_ < events_.size(), "one command decides at most kEventsPerAppend events");
      const OwnerVersionsRaised raised{site().owner.id(), site().vehicle.id.view()};
      events_[count_] = raised;
      shard_.apply(raised);
      deadlines_[count_++] = site().reservation.deadline;
    }
  }
  static std::array<std::vector<PlateNumber>, kEventsPerAppend + 1>& lists() {
    thread_local std::array<std::vector<PlateNumber>, kEventsPerAppend + 1> kept;
    return kept;
  }

  Engine::Parts& parts_;
  Shard& shard_;
  uint32_t vehicle_;
  const Office& office_;
  Guarded<Pool>* pool_;
  Now now_;
  std::optional<Hold<Pool>> pool_hold_;
  std::array<Pick, kBatchSizeMax> picks_;
  std::array<Event, kEventsPerAppend> events_;
  std::array<Day, kEventsPerAppend> deadlines_;  // the application's after each of them
  std::size_t count_ = 0;
  std::size_t lists_used_ = 0;
};

}  // namespace plated
