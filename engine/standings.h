// Where the owners of one shard stand with each office: in its lobby or its queue, admitted, or
// working; and when they were last heard of. An owner works from being admitted: first for the time
// to act, then for as long as any of their applications there is verified. Only those who wait,
// were admitted or are verified have an entry, so nobody else costs anything.
//
// Not thread-safe; the shard is the only caller. Deterministic but for `saw`, which is not part of
// the state.
#pragma once

#include <atomic>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <tuple>

#include "engine/guarded.h"
#include "engine/types.h"
#include "engine/waiting_room.h"

namespace plated {

// An office's waiting room, and how many of its owners work now: counted by the shards, each under
// its own mutex.
struct RoomOfOffice {
  Guarded<WaitingRoom> room;
  std::atomic<uint32_t> working{0};
};
// Every office has one; made under all shards' mutexes, found under any one.
using WaitingRooms = std::map<OfficeCode, std::unique_ptr<RoomOfOffice>>;

enum class Stage : uint8_t { none, lobby, queue, admitted };

struct Standing {
  PlaceNumber place = 0;  // in the lobby or the queue
  uint32_t heard = 0;     // when, while waiting: see Standings::saw; not part of the state
  uint16_t verified = 0;  // applications that are
  Stage stage = Stage::none;
  bool passed_over : 1 = false;
  bool back : 1 = false;       // passed over, and heard of since; not part of the state
  bool code_left : 1 = false;  // since being admitted

  [[nodiscard]] bool works() const { return stage == Stage::admitted || verified > 0; }
  [[nodiscard]] bool waits() const { return stage == Stage::lobby || stage == Stage::queue; }
};
static_assert(sizeof(Standing) == 12);

class Standings {
 public:
  // Whoever was heard of within this time counts as connected.
  static constexpr Millis kConnectedFor{120'000};

  explicit Standings(const WaitingRooms& rooms) : rooms_(rooms) {}

  // An empty one where the owner has none.
  [[nodiscard]] Standing find(uint32_t owner, OfficeCode office) const;
  // Until when who was admitted has to act. Requires that they were, and have not.
  [[nodiscard]] OpenTick acts_until(uint32_t owner, OfficeCode office) const;

  // Each requires that it follows from where the owner stands.
  void take_place(uint32_t owner, OfficeCode office, Stage stage, PlaceNumber place);
  void move_to_queue(uint32_t owner, OfficeCode office, PlaceNumber place);
  void pass_over(uint32_t owner, OfficeCode office);
  void admit(uint32_t owner, OfficeCode office, OpenTick until, bool code_left = false);
  void end_place(uint32_t owner, OfficeCode office);
  // The first code since being admitted has left: there is time until it ends.
  void code_leaves(uint32_t owner, OfficeCode office, OpenTick until);
  void verify(uint32_t owner, OfficeCode office);
  void unverify(uint32_t owner, OfficeCode office);

  // Whether anybody was admitted and has not acted.
  [[nodiscard]] bool anybody_acts() const { return !acting_.empty(); }
  // Whether anybody waits.
  [[nodiscard]] bool anybody_waits() const { return waiting_ > 0; }
  // The owner sent something. Returns where they stand; nothing is remembered of one who does not
  // wait.
  Standing saw(uint32_t owner, OfficeCode office, Tick now);
  // Whether anything that the owner sent came within kConnectedFor.
  [[nodiscard]] static bool connected(const Standing& standing, Tick now);
  // The offices in which the owner has an entry, in no order.
  template <class Show>
  void each_of(uint32_t owner, Show&& show) const {
    for (const auto& [office, room] : rooms_) {
      if (const auto found = standings_.find(Key{owner, office}); found != standings_.end()) {
        show(office, found->second);
      }
    }
  }
  // Whoever was passed over is connected again: the admission looks at them first.
  void is_back(uint32_t owner, OfficeCode office, bool back);

  // Somebody of that office whose time to act is over.
  [[nodiscard]] std::optional<uint32_t> overdue(OfficeCode office, OpenTick now) const;
  // Calls `show(owner, office, until, code_left)` for each who was admitted and has not acted.
  template <class Show>
  void each_acting(Show&& show) const {
    for (const auto& [office, until, owner] : acting_) {
      show(owner, office, until, find(owner, office).code_left);
    }
  }
  [[nodiscard]] bool empty() const { return standings_.empty(); }

 private:
  struct Key {
    uint32_t owner = kNoIndex;
    OfficeCode office;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct Hash {
    std::size_t operator()(const Key& key) const {
      return std::size_t{key.owner} << 16U | std::size_t{key.office.province} << 8U |
             static_cast<uint8_t>(key.office.letter);
    }
  };
  Standing& entry(uint32_t owner, OfficeCode office) { return standings_[Key{owner, office}]; }
  void stop_acting(uint32_t owner, OfficeCode office);
  void settle(uint32_t owner, OfficeCode office, bool worked);

  const WaitingRooms& rooms_;
  boost::unordered_flat_map<Key, Standing, Hash> standings_;
  std::size_t waiting_ = 0;  // places in lobbies and queues
  std::set<std::tuple<OfficeCode, OpenTick, uint32_t>> acting_;
  boost::unordered_flat_map<Key, OpenTick, Hash> acts_until_;
};

}  // namespace plated
