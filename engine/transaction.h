// What one command or one timer does to one application: the events that it decided, each applied
// at once so that the next is decided on what it left, and all appended together while the shard's
// mutex and, once plates moved, the pool's are still held. Made under the shard's mutex; engine
// only.
#pragma once

#include <array>
#include <cstddef>
#include <mutex>
#include <span>
#include <vector>

#include "engine/check.h"
#include "engine/engine.h"

namespace plated {

class Transaction {
 public:
  // Requires the mutex of `cell`, held until commit() has returned. `pool` may be null.
  Transaction(Engine& engine, Engine::ShardCell& cell, uint32_t vehicle, const Office& office,
              Engine::PoolCell* pool, const Now& now)
      : engine_(engine), cell_(cell), vehicle_(vehicle), office_(office), pool_(pool), now_(now) {}

  [[nodiscard]] ApplicationSite site() const { return cell_.shard.site(vehicle_, office_, now_); }
  [[nodiscard]] const Application& application() const { return site().application(); }
  [[nodiscard]] Shard& shard() { return cell_.shard; }
  [[nodiscard]] const Office& office() const { return office_; }
  [[nodiscard]] const Now& now() const { return now_; }
  [[nodiscard]] uint32_t vehicle() const { return vehicle_; }
  [[nodiscard]] bool has_pool() const { return pool_ != nullptr; }

  // The vehicle's pool, locked from now until the commit.
  [[nodiscard]] Pool& pool() {
    check(pool_ != nullptr, "an application that holds plates has a pool");
    if (!pool_lock_.owns_lock()) {
      pool_lock_ = std::unique_lock(pool_->mutex);
    }
    return pool_->pool;
  }

  [[nodiscard]] ApplicationRef reference() const {
    const ApplicationSite where = site();
    return {where.owner.id(), where.vehicle.id.view(), where.application().number};
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

  template <class E>
  void add(const E& event) {
    check(count_ < events_.size(), "one command decides at most kEventsPerAppend events");
    events_[count_] = event;
    Pool* const pool = pool_lock_.owns_lock() ? &pool_->pool : nullptr;
    cell_.shard.apply(event, Shard::Site{vehicle_, office_, pool, now_});
    deadlines_[count_++] = site().reservation.deadline;
  }

  [[nodiscard]] bool empty() const { return count_ == 0; }

  // Appends what was decided, and lets the pool go; returns the sequence on which the answer rests.
  Sequence commit() {
    if (count_ == 0) {
      return engine_.sink_.last();
    }
    const std::span<const Event> events(events_.data(), count_);
    const Sequence last = engine_.sink_.append(now_, events);
    if (pool_lock_.owns_lock()) {
      pool_lock_.unlock();
    }
    for (std::size_t i = 0; i < count_; ++i) {
      cell_.shard.keep_place(events_[i], vehicle_, deadlines_[i],
                             Sequence{last.value - count_ + 1 + i}, now_);
    }
    engine_.keep_times(now_);
    count_ = 0;
    return last;
  }

 private:
  static std::array<std::vector<PlateNumber>, kEventsPerAppend + 1>& lists() {
    thread_local std::array<std::vector<PlateNumber>, kEventsPerAppend + 1> kept;
    return kept;
  }

  Engine& engine_;
  Engine::ShardCell& cell_;
  uint32_t vehicle_;
  const Office& office_;
  Engine::PoolCell* pool_;
  Now now_;
  std::unique_lock<SpinningMutex> pool_lock_;
  std::array<Pick, kBatchSizeMax> picks_;
  std::array<Event, kEventsPerAppend> events_;
  std::array<Day, kEventsPerAppend> deadlines_;  // the application's after each of them
  std::size_t count_ = 0;
  std::size_t lists_used_ = 0;
};

}  // namespace plated
