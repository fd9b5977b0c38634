// The register: all that the log determines. Offices, terms and pools, and the shards with owners,
// their vehicles and applications, each shard and each pool behind its mutex; and the one way in
// which a recorded event changes it. Looks things up for Engine, decides nothing, appends nothing.
//
// Offices, terms, which pools there are and what is known of the service are changed under every
// shard's mutex and read under any one. Engine, StateReader and StateWriter are the only callers.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/barred_tickets.h"
#include "engine/events.h"
#include "engine/guarded.h"
#include "engine/office.h"
#include "engine/operators.h"
#include "engine/pool.h"
#include "engine/recorded_keys.h"
#include "engine/shard.h"
#include "engine/types.h"

namespace plated {

class Register {
 public:
  // Where a vehicle stands; `shard` is null when it stands nowhere.
  struct Place {
    Guarded<Shard>* shard = nullptr;
    uint32_t vehicle = kNoIndex;
  };
  using Offices = std::map<OfficeCode, std::unique_ptr<Office>>;
  using Pools = std::map<PoolKey, std::unique_ptr<Guarded<Pool>>>;
  using Shards = HoldAll<Shard>::All;

  // Requires a power of two for the number of shards. `seed` is what vouchers and moments of return
  // come from.
  Register(uint32_t shards, const EntropySeed& seed);
  Register(const Register&) = delete;
  Register& operator=(const Register&) = delete;

  [[nodiscard]] const Shards& shards() const { return shards_; }
  // Keeps out whoever wants every shard: held while an operator or a calendar changes one pool.
  [[nodiscard]] Guarded<Shard>& first_shard() const { return *shards_.front(); }
  // The shard on which an owner stands, or would stand.
  [[nodiscard]] Guarded<Shard>& shard_of(std::string_view owner) const;
  // Takes the shards' mutexes one after the other. Until the operators' mutex is let go, the place
  // stays true.
  [[nodiscard]] Place find_vehicle(std::string_view vehicle) const;

  // The next nine require a shard's mutex, or the operators'. Offices and pools are never
  // destroyed, so a pointer to one stays good; what it points to may be read under those mutexes
  // (an office) or under its own (a pool).
  [[nodiscard]] const Offices& offices() const { return offices_; }
  [[nodiscard]] const Pools& pools() const { return pools_; }
  [[nodiscard]] const TermsByVersion& terms() const { return terms_; }
  [[nodiscard]] const Surroundings& surroundings() const { return surroundings_; }
  // Whether it was decided what the data directory is.
  [[nodiscard]] bool founded() const { return founded_; }
  // What the log says of the key store.
  [[nodiscard]] const RecordedKeys& keys() const { return keys_; }
  // The latest day on which a code was counted; the epoch when none was.
  [[nodiscard]] Day codes_day() const { return codes_day_.get(); }
  // The waiting room of an office. Requires that there is such an office.
  [[nodiscard]] RoomOfOffice& room(OfficeCode office) const { return *rooms_.at(office); }
  // Behind a mutex of their own; see the lock order in engine.h.
  [[nodiscard]] Guarded<BarredTickets>& tickets() const { return *tickets_; }
  // Null when there is none.
  [[nodiscard]] const Office* office(OfficeCode code) const;
  // Null when there is none.
  [[nodiscard]] Guarded<Pool>* pool(PoolKey key) const;
  // The office of a vehicle that is in the roster, which always exists.
  [[nodiscard]] const Office& office_of(const Vehicle& vehicle) const;

  // Changes what the event says. Requires the mutexes of all that it changes, or that no other
  // thread is here yet; and that the event follows from the state: else the process ends.
  void apply(const Event& event, const Now& now);
  // Recovery: applies the records in order, none left out. Requires that no other thread is here.
  // Many at once are faster than one by one: while one is applied the cache brings what the next
  // ones will touch.
  void apply(std::span<const Record> records);
  // The place of the last record that recovery applied, or that a snapshot contained.
  [[nodiscard]] Sequence applied() const { return applied_; }

  // Remembers the times of the event that was appended last. Any thread, without a mutex.
  void keep_times(const Now& now);
  // What was remembered last; the two times may be of two events. Any thread, without a mutex.
  [[nodiscard]] Now last_now() const;

  friend class StateReader;

 private:
  struct Applier;

  [[nodiscard]] Place whereabouts(const ApplicationRef& application, const Place& hint) const;
  [[nodiscard]] Place foresee(const Record& record) const;
  void apply_foreseen(const Record& record, const Place& foreseen);

  Surroundings surroundings_;
  bool founded_ = false;
  RecordedKeys keys_;
  LatestDay codes_day_;
  WaitingRooms rooms_;
  Shards shards_;
  Offices offices_;
  Pools pools_;
  TermsByVersion terms_;
  const std::unique_ptr<Guarded<BarredTickets>> tickets_ =
      std::make_unique<Guarded<BarredTickets>>();

  Sequence applied_;
  std::atomic<int64_t> last_tick_ms_{0};
  std::atomic<int64_t> last_civil_ms_{0};
};

}  // namespace plated
