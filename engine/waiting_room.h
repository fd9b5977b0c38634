// One office's waiting room: the lobby, which has no order, the queue behind it, and how fast
// people are admitted. Who they are and what they may do stands with their owners, in
// Shard::standings.
//
// A place in the queue has a number that never changes. How many stand before it is counted: a sum
// over blocks of places and then over the bits of one block, so that a million places cost a few
// hundred additions to look through.
//
// Changed under the mutex of a shard and its own, or under those of all shards; read under its own
// or those of all shards. Deterministic but for what is marked as not part of the state.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "engine/check.h"
#include "engine/lobby_order.h"
#include "engine/pool.h"
#include "engine/types.h"
#include "engine/waiting_events.h"

namespace plated {

// The number of a place in its queue, or in its lobby.
using PlaceNumber = uint32_t;

// The places of a queue, in their order. Each waits, was passed over, or is gone.
class Queue {
 public:
  // A new last place, which waits.
  PlaceNumber push(Waiter waiter);
  // Who has the place. Requires a place that is not gone.
  [[nodiscard]] const Waiter& at(PlaceNumber place) const;
  // Requires a place that waits.
  void pass_over(PlaceNumber place);
  // Requires a place that is not gone.
  void remove(PlaceNumber place);
  void clear();

  // The first that waits.
  [[nodiscard]] std::optional<PlaceNumber> head() const;
  // How many wait before it.
  [[nodiscard]] uint32_t ahead_of(PlaceNumber place) const;
  // How many wait; how many are there, with those that were passed over.
  [[nodiscard]] uint32_t waiting() const { return waiting_; }
  [[nodiscard]] uint32_t size() const { return size_; }
  // Calls `show(place, waiter)` for each place that is not gone, in order.
  template <class Show>
  void each(Show&& show) const {
    for (std::size_t i = 0; i < places_.size(); ++i) {
      if (places_[i].owner != kNoIndex) {
        show(static_cast<PlaceNumber>(first_ + i), places_[i]);
      }
    }
  }

 private:
  static constexpr std::size_t kWordBits = 64;
  static constexpr std::size_t kBlockWords = 64;

  struct Block {
    std::array<uint64_t, kBlockWords> waits{};  // a bit for each place that waits
    uint32_t count = 0;                         // of these bits
  };
  static constexpr std::size_t kBlockPlaces = kWordBits * kBlockWords;

  [[nodiscard]] std::size_t index_of(PlaceNumber place) const;
  [[nodiscard]] bool waits(std::size_t index) const;
  void stop_waiting(std::size_t index);
  void drop_front();

  PlaceNumber first_ = 0;  // the number of places_.front(), a multiple of kBlockPlaces
  std::deque<Waiter> places_;
  std::deque<Block> blocks_;
  uint32_t waiting_ = 0;
  uint32_t size_ = 0;
};

// Lets so many pass a second, evenly; not part of the state.
class Admissions {
 public:
  // Whether one more may pass now. 0 a second: as many as come.
  [[nodiscard]] bool may_pass(Tick now, uint32_t per_second) const;
  // One more has passed. `full`: now as many work as may. Until that was so once, or so many a
  // second are let in, nobody is counted: the first ones fill an empty house, and say nothing about
  // how fast the next ones will follow.
  void passed(Tick now, uint32_t per_second, bool full);
  // How many passed in the last minute; nothing before they were counted for one.
  [[nodiscard]] std::optional<uint32_t> last_minute(Tick now) const;

 private:
  static constexpr std::size_t kSeconds = 60;
  using Micros = std::chrono::microseconds;

  void forget_before(int64_t second) const;

  Micros next_{};  // of ticks
  std::optional<Tick> since_;
  mutable std::array<uint32_t, kSeconds> counts_{};
  mutable int64_t second_ = 0;  // the latest that counts_ knows
};

class WaitingRoom {
 public:
  // The lobby.

  // Joins the lobby of that opening; returns the place there.
  PlaceNumber join_lobby(Waiter waiter, CivilTime opening);
  // Requires a place that is taken.
  void leave_lobby(PlaceNumber place);
  [[nodiscard]] uint32_t in_lobby() const { return in_lobby_; }
  // Which opening those in the lobby wait for. Requires somebody in it.
  [[nodiscard]] CivilTime opening() const {
    check(in_lobby_ > 0, "a lobby is somebody's");
    return opening_;
  }
  // Empties the lobby into the queue, in the seed's order. Calls `placed(waiter, number)` for each.
  template <class Placed>
  void order(const LobbySeed& seed, Placed&& placed) {
    for (const Waiter& waiter : take_lobby(seed)) {
      placed(waiter, queue_.push(waiter));
    }
  }
  // Calls `show(place, waiter)` for each in the lobby, in the order in which they came.
  template <class Show>
  void each_in_lobby(Show&& show) const {
    for (std::size_t i = 0; i < lobby_.size(); ++i) {
      if (lobby_[i].owner != kNoIndex) {
        show(static_cast<PlaceNumber>(i), lobby_[i]);
      }
    }
  }
  // Everybody leaves, the queue too. Calls `left(waiter)` for each.
  template <class Left>
  void clear_all(Left&& left) {
    each_in_lobby([&](PlaceNumber, const Waiter& waiter) { left(waiter); });
    lobby_.clear();
    in_lobby_ = 0;
    clear_queue(left);
  }

  // The queue.

  [[nodiscard]] const Queue& queue() const { return queue_; }
  PlaceNumber join_queue(Waiter waiter) { return queue_.push(waiter); }
  // Requires a place that waits. It is kept until then.
  void pass_over(PlaceNumber place, OpenTick until);
  // Requires a place that is not gone.
  void leave_queue(PlaceNumber place);
  template <class Left>
  void clear_queue(Left&& left) {
    queue_.each([&](PlaceNumber, const Waiter& waiter) { left(waiter); });
    queue_.clear();
    passed_over_.clear();
    lapses_.clear();
    back_.clear();
  }
  // Until when a place is kept that was passed over; nothing: it was not.
  [[nodiscard]] std::optional<OpenTick> kept_until(PlaceNumber place) const;
  // A place that was passed over, is not back, and was to be kept only until now.
  [[nodiscard]] std::optional<PlaceNumber> lapsed(OpenTick now) const;

  // Who was passed over and is connected again is admitted before the head. Not part of the state.
  void is_back(PlaceNumber place) { back_.insert(place); }
  void is_away(PlaceNumber place) { back_.erase(place); }
  // Whose turn it is: the first who is back, else the head.
  [[nodiscard]] std::optional<PlaceNumber> next() const;
  [[nodiscard]] Admissions& admissions() { return admissions_; }
  [[nodiscard]] const Admissions& admissions() const { return admissions_; }

  // The secrets of its lobbies, one for a day.

  [[nodiscard]] const std::vector<Period>& periods() const { return periods_; }
  void apply(const LobbyCommitted& event);
  // The latest period that is not after `today`, and its secret once that was provided.
  struct Secret {
    Day period{};
    DrawSecret bytes{};
  };
  [[nodiscard]] const Secret* secret(Day today) const;
  // Keeps a committed secret in memory. False if it is not what was committed to.
  bool provide(Day period, const DrawSecret& secret);
  // Periods from `today`'s on of which the secret is not here.
  [[nodiscard]] std::vector<Period> secrets_wanted(Day today) const;

  friend class StateReader;

 private:
  [[nodiscard]] std::vector<Waiter> take_lobby(const LobbySeed& seed);

  std::vector<Waiter> lobby_;  // as they came; whoever left is kNoIndex
  uint32_t in_lobby_ = 0;
  CivilTime opening_{};
  Queue queue_;
  std::map<PlaceNumber, OpenTick> passed_over_;
  std::set<std::pair<OpenTick, PlaceNumber>> lapses_;
  std::set<PlaceNumber> back_;
  Admissions admissions_;
  std::vector<Period> periods_;
  std::vector<Secret, LockedAllocator<Secret>> secrets_;
};

}  // namespace plated
