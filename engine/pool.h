// One pool: every plate of one office, class and power. Knows which plates are loaded, and which
// are free and in which order. The few that are reserved, issued, withheld or on their way back
// have an index of their own. A held plate stands in its application alone: the pool only counts
// it. Deterministic. Not thread-safe; Engine holds the mutex and is the only caller.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/events.h"
#include "engine/free_set.h"
#include "engine/types.h"

namespace plated {

enum class PlateState : uint8_t { free, held, reserved, issued, withheld };
enum class WithheldWhy : uint8_t { by_operator, unreleased, returning };

// Where a vehicle stands in memory: shard and index there. Never written down.
struct VehicleAt {
  uint32_t shard = 0xffffffff;
  uint32_t index = 0;
  friend bool operator==(const VehicleAt&, const VehicleAt&) = default;
};

// Plates by state; the five add up to `loaded`, always.
struct PoolCounts {
  uint64_t loaded = 0;
  uint64_t free = 0;
  uint64_t held = 0;
  uint64_t reserved = 0;
  uint64_t issued = 0;
  uint64_t withheld = 0;
  uint64_t free_without4 = 0;
};

struct Segment {
  uint32_t number = 0;
  PlateNumber from = kNoPlate;  // kNoPlate: a list
  PlateNumber to = kNoPlate;
  bool all_zero = false;
  uint32_t plates = 0;
  CivilTime release_at{};
  CivilTime loaded_at{};
  bool released = false;
  std::string note;
  std::vector<PlateNumber> list;  // of a list that is not yet released
};

struct Period {
  Day day{};
  Commitment commitment{};
  bool began = false;
};

class Pool {
 public:
  // An entry of the index: a plate that is neither free nor held.
  struct Taken {
    PlateState state = PlateState::withheld;
    WithheldWhy why = WithheldWhy::by_operator;
    VehicleAt holder;     // of a reserved or issued plate
    uint32_t reason = 0;  // of one withheld by an operator: index into the reasons
  };

  // An empty pool: no segment, no period.
  explicit Pool(PoolKey key) : key_(key) {}
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  [[nodiscard]] const PoolKey& key() const { return key_; }
  [[nodiscard]] const FreeSet& free() const { return free_; }
  // How many plates are in each state now.
  [[nodiscard]] PoolCounts counts() const;
  // Ascending by number.
  [[nodiscard]] const std::vector<Segment>& segments() const { return segments_; }
  // Ascending by day.
  [[nodiscard]] const std::vector<Period>& periods() const { return periods_; }
  // The number that the next segment gets.
  [[nodiscard]] uint32_t next_segment() const { return next_segment_; }
  // Whether the plate has a 4 anywhere. Requires a plate of the pool's numbering.
  [[nodiscard]] bool has_four(PlateNumber plate) const;
  // Whether the plate is loaded, in whatever state; any number.
  [[nodiscard]] bool loaded(PlateNumber plate) const;
  // Plates that will be free again by themselves, held or returning: all, or those without a 4.
  [[nodiscard]] uint64_t coming_back(bool without4) const;
  // The index's entry of a plate; nullptr for one that is free, held, unreleased or not loaded.
  [[nodiscard]] const Taken* taken(PlateNumber plate) const;
  // The operator's reason. Requires an entry that is withheld by an operator.
  [[nodiscard]] const std::string& reason(const Taken& entry) const {
    return reasons_[entry.reason];
  }
  // Every plate of a state that the index has: reserved or issued. Looks at the whole index.
  [[nodiscard]] std::vector<PlateNumber> taken_as(PlateState state) const;
  // The place of a free plate, by search; nothing if it is not free.
  [[nodiscard]] std::optional<uint32_t> place_of(PlateNumber plate) const;
  // Whether the plate stands in a segment that is not yet released.
  [[nodiscard]] bool unreleased(PlateNumber plate) const;

  // The secret of the period that has begun; null until it was provided. It lives in locked memory.
  struct Secret {
    Day period{};
    DrawSecret bytes{};
  };
  [[nodiscard]] const Secret* secret() const { return secret_.get(); }
  // Keeps a committed secret in memory. False if it is not what was committed to.
  bool provide(Day period, const DrawSecret& secret);
  // Periods of which the secret will still be used and is not here.
  [[nodiscard]] std::vector<Period> secrets_wanted() const;

  // Each changes what the event says. Requires that the event follows from the pool's state.
  void apply(const SegmentListed& event);
  void apply(const SegmentLoaded& event, const Now& now);
  void apply(const SegmentReleased& event);
  void apply(const PlatesWithheld& event);
  void apply(const PlatesRestored& event);
  void apply(const SecretCommitted& event);
  void apply(const PeriodBegan& event);

  // What happens to an application's plates. Each requires the state that it leaves.
  void take(std::span<const Pick> picks);             // free -> held
  void release(std::span<const PlateNumber> plates);  // held -> free, in this order
  void reserve(PlateNumber plate, VehicleAt holder);  // held -> reserved
  void issue(PlateNumber plate);                      // reserved -> issued
  void begin_return(PlateNumber plate);               // reserved -> withheld, returning
  void end_return(PlateNumber plate);                 // returning -> free

  // Restoring from a snapshot; see state.h.
  friend class StateReader;
  friend class StateWriter;

 private:
  void mark_loaded(PlateNumber plate);
  void make_room(const Segment& segment);
  void put_free(PlateNumber plate);
  void count_withheld(PlateNumber plate, WithheldWhy why, uint32_t reason);
  [[nodiscard]] uint32_t intern(std::string_view reason);
  template <class F>
  void each_plate(const Segment& segment, F&& f) const;

  // What every draw changes stands together.
  PoolKey key_;
  FreeSet free_;
  uint64_t held_[2] = {};  // [1]: without 4
  std::vector<uint64_t> loaded_bits_;
  boost::unordered_flat_map<uint32_t, Taken> taken_;
  std::vector<Segment> segments_;
  uint32_t next_segment_ = 1;
  std::vector<PlateNumber> listing_;  // plates of the list that is being loaded
  uint32_t listing_segment_ = 0;
  std::vector<std::string> reasons_;
  std::vector<Period> periods_;
  LockedPtr<Secret> secret_;
  std::vector<Secret, LockedAllocator<Secret>> later_secrets_;

  uint32_t room_with4_ = 0;  // places that the free set must have
  uint32_t room_without4_ = 0;
  uint64_t loaded_ = 0;
  uint64_t returning_[2] = {};  // [1]: without 4
  uint64_t reserved_ = 0;
  uint64_t issued_ = 0;
  uint64_t unreleased_ = 0;
  uint64_t withheld_by_operator_ = 0;
};

}  // namespace plated
