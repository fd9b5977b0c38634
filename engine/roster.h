// A shard's owners and vehicles, each vehicle with its one application: plain records and the
// indexes that find them. Records never move, so that timers and views may point to them. Tables
// grow in small parts: no insertion copies more than one part's index. Records are kept small,
// since there are millions: what only some have stands in tables of its own. Not thread-safe; the
// shard is the only caller.
#pragma once

#include <array>
#include <boost/unordered/unordered_flat_set.hpp>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/check.h"
#include "engine/commands.h"
#include "engine/events.h"
#include "engine/plate_list.h"
#include "engine/timing_wheel.h"
#include "engine/types.h"

namespace plated {

// An array that grows by chunks and never moves an element.
template <class T>
class StableArray {
 public:
  static constexpr uint32_t kChunk = 1024;

  // Each requires an index below size(), which is not checked.
  T& operator[](uint32_t i) { return chunks_[i / kChunk][i % kChunk]; }
  const T& operator[](uint32_t i) const { return chunks_[i / kChunk][i % kChunk]; }
  [[nodiscard]] uint32_t size() const { return size_; }

  // Adds a value-initialised element and returns its index.
  uint32_t grow() {
    if (size_ % kChunk == 0) {
      chunks_.push_back(std::make_unique<T[]>(kChunk));
    }
    return size_++;
  }

 private:
  std::vector<std::unique_ptr<T[]>> chunks_;
  uint32_t size_ = 0;
};

// Finds records by a text that they hold. Split into parts by hash, so that growing rehashes one
// only.
template <class KeyOf>
class TextIndex {
 public:
  // `key_of(index)` is the text of the record at that index, the same for as long as it is in here.
  explicit TextIndex(KeyOf key_of) : key_of_(key_of) {
    parts_.reserve(kParts);
    for (std::size_t i = 0; i < kParts; ++i) {
      parts_.emplace_back(0, Hash{key_of_}, Equal{key_of_});
    }
  }

  // The index of the record with this text; kNoIndex when there is none.
  [[nodiscard]] uint32_t find(std::string_view text) const {
    const Part& part = parts_[part_of(text)];
    const auto found = part.find(text);
    return found == part.end() ? kNoIndex : *found;
  }
  // Requires that the record at `index` already holds its text, and that no other holds the same.
  void insert(uint32_t index) {
    const bool added = parts_[part_of(key_of_(index))].insert(index).second;
    check(added, "an identifier names one record");
  }
  // Forgets the record at `index`, which still holds its text.
  void erase(uint32_t index) { parts_[part_of(key_of_(index))].erase(index); }

 private:
  static constexpr std::size_t kParts = 64;
  static std::size_t hash(std::string_view text) { return std::hash<std::string_view>{}(text); }
  // By bits that nobody else looks at: a part takes the highest for places and the lowest eight to
  // tell entries apart, and which shard it is was decided by those from the 32nd on.
  static std::size_t part_of(std::string_view text) { return (hash(text) >> 8) % kParts; }

  struct Hash {
    using is_transparent = void;
    using is_avalanching = void;
    KeyOf key_of;
    std::size_t operator()(std::string_view text) const { return hash(text); }
    std::size_t operator()(uint32_t index) const { return hash(key_of(index)); }
  };
  struct Equal {
    using is_transparent = void;
    KeyOf key_of;
    bool operator()(uint32_t a, uint32_t b) const { return a == b; }
    bool operator()(uint32_t a, std::string_view b) const { return key_of(a) == b; }
    bool operator()(std::string_view a, uint32_t b) const { return a == key_of(b); }
  };
  using Part = boost::unordered_flat_set<uint32_t, Hash, Equal>;

  KeyOf key_of_;
  std::vector<Part> parts_;
};

// Keeps short texts for ever, one behind the other.
class TextKeeper {
 public:
  // A copy that lives as long as the keeper, with no zero at its end. Requires at most kBlock
  // bytes.
  [[nodiscard]] const char* keep(std::string_view text) {
    check(text.size() <= kBlock, "a text that is kept is short");
    if (blocks_.empty() || used_ + text.size() > kBlock) {
      blocks_.push_back(std::make_unique<char[]>(kBlock));
      used_ = 0;
    }
    char* const kept = blocks_.back().get() + used_;
    text.copy(kept, text.size());
    used_ += text.size();
    return kept;
  }

 private:
  static constexpr std::size_t kBlock = 16 * 1024;
  std::vector<std::unique_ptr<char[]>> blocks_;
  std::size_t used_ = 0;
};

// What few owners have, or only those of a real service.
struct OwnerDetails {
  std::string blacklist_reason;
  uint64_t key = 0;    // of the personal data; 0: none known, or erased
  std::string sealed;  // name, phone and identity number under that key
};

struct Owner {
  const char* text = nullptr;  // of the id, in the roster's keeping
  CivilTime blacklisted_until{};
  std::unique_ptr<OwnerDetails> own_details;  // null: as of an owner without any
  uint32_t vehicle = kNoIndex;                // the only one; see Roster::vehicles_of
  uint32_t list = kNoIndex;                   // of the vehicles, if there are or were more
  uint8_t text_size = 0;
  OwnerKind kind = OwnerKind::person;
  uint8_t countdown_times = 1;

  [[nodiscard]] std::string_view id() const { return {text, text_size}; }
  // Those of an owner without any are all defaults.
  [[nodiscard]] const OwnerDetails& details() const {
    static const OwnerDetails none;
    return own_details ? *own_details : none;
  }
  // For changing them; makes them first where there are none.
  [[nodiscard]] OwnerDetails& make_details() {
    if (!own_details) {
      own_details = std::make_unique<OwnerDetails>();
    }
    return *own_details;
  }
  // Whether the owner may not select at `now`.
  [[nodiscard]] bool blacklisted(CivilTime now) const { return now < blacklisted_until; }
};
static_assert(sizeof(Owner) <= 40);

// What an application in `pick` holds, and what its last batch and shortlist were.
struct Holds {
  OfficeTick batch_deadline{};
  OfficeTick shortlist_deadline{};
  PlateList<10> batch;            // as drawn; stays when it is over, to be shown
  PlateList<2> shortlist;         // in the order chosen; stays likewise
  PlateNumber picked = kNoPlate;  // the one of this batch that is on the shortlist
  bool batch_live = false;
  bool shortlist_live = false;
  bool fallback_held = false;  // the batch's first, when neither batch nor shortlist holds it

  [[nodiscard]] bool any() const { return batch_live || shortlist_live || fallback_held; }
};
static_assert(sizeof(Holds) <= 80);

// What came of an application, from `done` on. A lapsed one keeps all but the plate.
struct Reservation {
  PlateNumber plate = kNoPlate;
  bool automatic = false;
  Day deadline{};
  CivilTime confirmed_at{};
  Sequence sequence;
  VoucherCode voucher{};
  friend bool operator==(const Reservation&, const Reservation&) = default;
};

struct Application {
  uint32_t number = 1;  // counts the vehicle's applications; never used again
  // The vehicle's; grows with every change. Clients are told it with the edition of the vehicle's
  // office added, modulo 2^32, so that a change of the office raises all of them at once.
  uint32_t version = 1;
  uint16_t draws_left = 0;
  uint16_t draw = 0;
  Step step = Step::submit;
  bool forfeit = false;  // the owner was blacklisted; the holds go at the next settling
  bool reminded = false;
  uint32_t holds = kNoIndex;        // while in pick, or there was a batch and the step is notice
  uint32_t reservation = kNoIndex;  // from done on
  OfficeTick verified_until{};
};
static_assert(kDrawsMax < kDrawsEver);

struct Vehicle : Timer {
  VehicleId id;
  BoundedText<15> plate;  // the ordinary plate it carries
  PoolKey pool;
  bool eligible = true;
  bool watched : 1 = false;   // somebody has entered since the start; not part of the state
  bool owed : 1 = false;      // and is owed the application as it is; likewise
  uint32_t index = kNoIndex;  // its own, in the roster
  uint32_t owner = kNoIndex;  // kNoIndex: it moved to another owner
  Application application;
};
static_assert(sizeof(Vehicle) <= 96);

class Roster {
 public:
  Roster();
  Roster(const Roster&) = delete;
  Roster& operator=(const Roster&) = delete;

  // The index of the owner or vehicle of that id; kNoIndex when there is none.
  [[nodiscard]] uint32_t find_owner(std::string_view id) const { return owner_index_.find(id); }
  [[nodiscard]] uint32_t find_vehicle(std::string_view id) const { return vehicle_index_.find(id); }
  // Each requires an index that was given here.
  [[nodiscard]] Owner& owner(uint32_t i) { return owners_[i]; }
  [[nodiscard]] const Owner& owner(uint32_t i) const { return owners_[i]; }
  [[nodiscard]] Vehicle& vehicle(uint32_t i) { return vehicles_[i]; }
  [[nodiscard]] const Vehicle& vehicle(uint32_t i) const { return vehicles_[i]; }
  // How many were ever added; every index below is one of them.
  [[nodiscard]] uint32_t owners() const { return owners_.size(); }
  [[nodiscard]] uint32_t vehicles() const { return vehicles_.size(); }

  // `hint` if it is where that vehicle stands, as an earlier look found; else the vehicle is looked
  // for.
  [[nodiscard]] uint32_t find_vehicle(std::string_view id, uint32_t hint) const {
    const bool there =
        hint < vehicles() && vehicle(hint).owner != kNoIndex && vehicle(hint).id.view() == id;
    return there ? hint : find_vehicle(id);
  }
  // The owner's vehicles, ascending by id; good until a vehicle is added or removed.
  [[nodiscard]] std::span<const uint32_t> vehicles_of(const Owner& owner) const;

  // Asks the cache for what deciding on the vehicle's application will touch.
  void prefetch(const Vehicle& vehicle) const;
  // The same for the owner's id, when the owner has come meanwhile. Needs no mutex, only that it
  // was held once since the owner was made: owners keep their place and their id.
  static void prefetch_id(const Owner& owner) { __builtin_prefetch(owner.text); }

  // The owner of that id, made if there is none.
  uint32_t add_owner(std::string_view id);
  // A new vehicle of the owner. Requires that there is none of that id.
  uint32_t add_vehicle(uint32_t owner, std::string_view id);
  // Forgets a vehicle that moved away; its record stays behind, owned by nobody.
  void remove_vehicle(uint32_t vehicle);

  // The vehicle whose reservation has this voucher; kNoIndex when none has.
  [[nodiscard]] uint32_t find_voucher(const VoucherCode& code) const {
    return voucher_index_.find(text_of_code(code));
  }
  // Lets the vehicle's reservation be found by its code. Requires that the application has the
  // code, and has it until it is removed.
  void add_voucher(uint32_t vehicle) { voucher_index_.insert(vehicle); }
  // Requires that it was added.
  void remove_voucher(uint32_t vehicle) { voucher_index_.erase(vehicle); }

  // The application's holds. Requires that it has some: from the first draw on.
  [[nodiscard]] Holds& holds(const Application& application) { return holds_[application.holds]; }
  [[nodiscard]] const Holds& holds(const Application& application) const {
    return holds_[application.holds];
  }
  // The application's holds, made empty where there are none.
  Holds& make_holds(Application& application);
  // Gives them back, if there are any; the plates are the caller's to release.
  void drop_holds(Application& application);

  // Requires that the application has one: from `done` on.
  [[nodiscard]] Reservation& reservation(const Application& application) {
    check(application.reservation != kNoIndex, "an application that is done has a reservation");
    return reservations_[application.reservation];
  }
  // An empty one where there is none.
  [[nodiscard]] const Reservation& reservation(const Application& application) const {
    static const Reservation none;
    return application.reservation == kNoIndex ? none : reservations_[application.reservation];
  }
  // The application's reservation, made empty where there is none.
  Reservation& make_reservation(Application& application);
  // Gives it back, if there is one. Requires that its voucher was removed.
  void drop_reservation(Application& application);

 private:
  struct OwnerKey {
    const StableArray<Owner>* owners;
    std::string_view operator()(uint32_t i) const { return (*owners)[i].id(); }
  };
  struct VehicleKey {
    const StableArray<Vehicle>* vehicles;
    std::string_view operator()(uint32_t i) const { return (*vehicles)[i].id.view(); }
  };

  struct VoucherKey {
    const Roster* roster;
    std::string_view operator()(uint32_t i) const {
      return text_of_code(roster->reservation(roster->vehicle(i).application).voucher);
    }
  };
  template <class T>
  [[nodiscard]] static uint32_t take(StableArray<T>& all, std::vector<uint32_t>& unused);
  void add_to_list(Owner& owner, uint32_t vehicle);
  static std::string_view text_of_code(const VoucherCode& code) {
    return {reinterpret_cast<const char*>(code.data()), code.size()};
  }

  StableArray<Owner> owners_;
  StableArray<Vehicle> vehicles_;
  StableArray<Holds> holds_;
  StableArray<Reservation> reservations_;
  std::vector<uint32_t> holds_unused_;
  std::vector<uint32_t> reservations_unused_;
  std::vector<std::vector<uint32_t>> lists_;  // vehicles of owners who have or had several
  TextKeeper texts_;
  TextIndex<OwnerKey> owner_index_;
  TextIndex<VehicleKey> vehicle_index_;
  TextIndex<VoucherKey> voucher_index_;
};

}  // namespace plated
