// One shard: its owners, their vehicles and applications, and the wheel that ends their holds.
// Applies the events of its applications and keeps their timers right. Deterministic: the same
// events in the same order leave the same state. Not thread-safe; Engine holds the mutex and is the
// only caller.
#pragma once

#include <array>
#include <atomic>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/application.h"
#include "engine/check.h"
#include "engine/entropy.h"
#include "engine/events.h"
#include "engine/hash_table.h"
#include "engine/office.h"
#include "engine/operators.h"
#include "engine/pool.h"
#include "engine/roster.h"
#include "engine/standings.h"
#include "engine/timing_wheel.h"
#include "engine/types.h"

namespace plated {

// A text message that is owed to an owner. Its number is the sequence of the record that made it.
struct Notice {
  NoticeKind kind = NoticeKind::confirmed;
  std::string owner;
  VehicleId vehicle;
  Plate plate;
  Day deadline{};
  CivilTime blacklisted_until{};
  CivilTime at{};
};

// A plate on its way back to its pool.
struct PlateReturn : Timer {
  std::string owner;
  PoolKey pool;
  PlateNumber plate;
  OfficeTick at{};
};

// What holds for the whole service: kept by Register, changed under all shards' mutexes.
struct Surroundings {
  bool rehearsal = false;
  bool lapses_suspended = false;
};

// The latest of many days. Any thread.
class LatestDay {
 public:
  // Makes it `day`, unless it is later already.
  void raise(Day day) {
    Day latest = day_.load();
    while (latest < day && !day_.compare_exchange_weak(latest, day)) {
    }
  }
  [[nodiscard]] Day get() const { return day_.load(); }

 private:
  std::atomic<Day> day_{Day{}};
};

class Shard {
 public:
  // What an event of an application happens to. `pool` is null for events that move no plate.
  struct Site {
    uint32_t vehicle;
    const Office& office;
    Pool* pool;
    Now now;
  };

  // `number` is this shard's; `seed` the source of its vouchers and moments of return. `codes_day`
  // and `rooms` are shared by all shards, and outlive them.
  Shard(uint32_t number, const Surroundings& surroundings, const EntropySeed& seed,
        LatestDay& codes_day, const WaitingRooms& rooms);

  [[nodiscard]] Roster& roster() { return roster_; }
  [[nodiscard]] const Roster& roster() const { return roster_; }
  [[nodiscard]] TimingWheel& wheel() { return wheel_; }
  [[nodiscard]] const TimingWheel& wheel() const { return wheel_; }
  [[nodiscard]] Entropy& entropy() { return entropy_; }
  [[nodiscard]] const EventCounts& counts() const { return counts_; }
  [[nodiscard]] Standings& standings() { return standings_; }
  [[nodiscard]] const Standings& standings() const { return standings_; }
  [[nodiscard]] const std::map<uint64_t, Notice>& notices() const { return notices_; }
  // The vehicle's application with everything that its rules look at. Requires a vehicle that an
  // owner has, and its office.
  [[nodiscard]] ApplicationSite site(uint32_t vehicle, const Office& office, const Now& now) const;

  // The editions of a vehicle's office: of the one that it had (0: of none), of the one it has now.
  struct Editions {
    uint32_t before = 0;
    uint32_t now = 0;
  };

  // Owners and vehicles. Each requires that the event follows from the shard's state.
  void apply(const OwnerImported& event);
  void apply(const OwnerErased& event);
  void apply(const VehicleImported& event, Editions editions);
  void apply(const RehearsalOwnerMade& event, Editions editions);
  void apply(const CountdownsLengthened& event);
  void apply(const Blacklisted& event);
  void apply(const BlacklistLifted& event);
  void apply(const OwnerVersionsRaised& event);
  // The first half of a move, on the old owner's shard: the vehicle and its application are gone.
  // Requires that the application is neither in `pick` nor in `done`.
  void give_up(const VehicleMoved& event);
  // The second half, on the new owner's shard, which may be the same: the vehicle's next
  // application.
  void take_over(const VehicleMoved& event, Editions editions);

  // Applications. Each requires that the event follows from the application's state.
  void apply(const Submitted& event, const Site& site);
  void apply(const Verified& event, const Site& site);
  void apply(const Drawn& event, const Site& site);
  void apply(const Shortlisted& event, const Site& site);
  void apply(const BatchExpired& event, const Site& site);
  void apply(const ShortlistExpired& event, const Site& site);
  void apply(const HoldsForfeited& event, const Site& site);
  void apply(const VerificationEnded& event, const Site& site);
  void apply(const Confirmed& event, const Site& site);
  void apply(const Reminded& event, const Site& site);
  void apply(const Lapsed& event, const Site& site);
  void apply(const Issued& event, const Site& site);
  void apply(const Voided& event, const Site& site);
  void apply(const Extended& event, const Site& site);
  void apply(const ApplicationBegan& event, const Site& site);
  void apply(const CodeSent& event, const Site& site);
  void apply(const CodeMissed& event, const Site& site);
  void apply(const PlateReturned& event, Pool& pool);
  void apply(const NoticeSettled& event);

  // The waiting room. Each requires that the event follows from where its owner stands.
  void apply(const Queued& event, WaitingRoom& room);
  void apply(const Admitted& event, WaitingRoom& room);
  void apply(const PassedOver& event, WaitingRoom& room);
  void apply(const PlaceEnded& event, WaitingRoom& room);
  // The owner's place in the office is over, by whatever event. Requires that they have one, which
  // the office's room knows no more.
  void place_is_over(uint32_t owner, OfficeCode office);
  // An owner whose places are to end, since they were blacklisted or erased; nothing: there is
  // none. The same again until they have ended.
  [[nodiscard]] std::optional<PlaceEnded> next_ending() const;

  // Notes the sequence of an event that the state keeps (a reservation's, a notice's), once the
  // event has been appended.
  // `deadline` is the application's as the event left it: what the same append decided after it may
  // have begun the next application.
  void keep_place(const Event& event, uint32_t vehicle, Day deadline, Sequence sequence,
                  const Now& now);

  // Shows what was counted of codes, vehicle by vehicle, where it may still limit anything: up to
  // two days back from the latest day of all shards, since offices have days of their own.
  template <class Show>
  void each_code_count(Show&& show) const {
    for (const auto& [vehicle, codes] : codes_) {
      if (!is_over(codes)) {
        const Owner& owner = roster_.owner(roster_.vehicle(vehicle).owner);
        show(CodeCount{owner.id(), roster_.vehicle(vehicle).id.view(), codes.application, codes.day,
                       codes.sent, codes.sent_in_all, codes.misses, owner.details().key,
                       owner.details().sealed});
      }
    }
  }

  // Arms the vehicle's timer for what is next due, or lets it wait for a day or for the office.
  void schedule(uint32_t vehicle, const Office& office, const Now& now);
  // Arms a return's timer, or lets it wait for the office.
  void schedule(PlateReturn& plate_return, const Office& office, const Now& now);

  // Timers whose office stands were set aside: they are to be armed again, now that it runs.
  void office_runs(const Office& office);
  // The same for those that waited for the day that has begun, or for one before it.
  void day_began(const Office& office);
  // The same for those that waited for civil time to be accepted.
  void clock_accepted();
  // Takes a vehicle whose timer is to be armed again; nothing when there is none.
  [[nodiscard]] std::optional<uint32_t> next_to_rearm();
  // Whether watchers of the vehicle are owed its application as it is; from now on they are not.
  [[nodiscard]] bool take_owed(uint32_t vehicle) {
    const bool owed = roster_.vehicle(vehicle).owed;
    check(!owed || roster_.vehicle(vehicle).watched, "only who watches is owed anything");
    roster_.vehicle(vehicle).owed = false;
    return owed;
  }
  // Takes a return whose timer is to be armed again; null when there is none.
  [[nodiscard]] PlateReturn* next_return_to_rearm();

  // What a timer's `kind` says that it is.
  static constexpr uint8_t kVehicleTimer = 0;
  static constexpr uint8_t kReturnTimer = 1;
  // The vehicle that a timer belongs to. Requires one of the kind kVehicleTimer.
  [[nodiscard]] uint32_t index_of(const Timer& timer) const;

  friend class StateReader;
  friend class StateWriter;

 private:
  using OfficeDay = std::pair<OfficeCode, Day>;

  struct Codes {
    Day day{};
    uint32_t application = 0;  // whose codes `sent` counts
    std::array<uint16_t, 2> sent{};
    uint16_t sent_in_all = 0;
    uint16_t misses = 0;
  };

  [[nodiscard]] bool is_over(const Codes& codes) const {
    return codes.day + std::chrono::days(2) < codes_day_.get();
  }
  Codes& codes_of(uint32_t vehicle, uint32_t application, Day day);
  [[nodiscard]] uint32_t owner_of(std::string_view id) const;
  void step_to(const Site& site, Step step);
  [[nodiscard]] bool has_places(uint32_t owner) const;
  void end_places_of(uint32_t owner, PlaceEnd why);
  [[nodiscard]] Application& application_of(const Site& site) {
    return roster_.vehicle(site.vehicle).application;
  }
  void changed(const Site& site);
  void end_reservation(uint32_t vehicle);
  void begin_next(uint32_t vehicle);
  void blacklist(uint32_t owner, CivilTime until, std::string_view reason);
  void begin_return(uint32_t owner, const Site& site, PlateNumber plate, OfficeTick at);
  void facts_of(Vehicle& vehicle, PoolKey pool, std::string_view plate, Editions editions);
  void add_notice(NoticeKind kind, uint32_t vehicle, Day deadline, Sequence sequence,
                  const Now& now, PlateNumber plate, CivilTime until);
  static uint64_t key_of(PoolKey pool, PlateNumber plate);

  uint32_t number_;
  const Surroundings& surroundings_;
  Entropy entropy_;
  Roster roster_;
  TimingWheel wheel_{Tick{}};
  boost::unordered_flat_map<uint64_t, std::unique_ptr<PlateReturn>> returns_;
  std::map<uint64_t, Notice> notices_;
  EventCounts counts_;
  LatestDay& codes_day_;
  Standings standings_;
  std::deque<std::pair<uint32_t, PlaceEnd>> ending_;  // owners whose places are to end, and why
  boost::unordered_flat_map<uint32_t, Codes> codes_;  // by vehicle
  TableSweep codes_sweep_;

  std::map<OfficeCode, std::vector<uint32_t>> parked_;
  std::map<OfficeCode, std::vector<PlateReturn*>> parked_returns_;
  std::map<OfficeDay, std::vector<uint32_t>> waiting_for_day_;
  std::vector<uint32_t> waiting_for_clock_;
  std::deque<uint32_t> rearm_;
  std::deque<PlateReturn*> rearm_returns_;
};

}  // namespace plated
