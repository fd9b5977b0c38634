// Start here. The one door to the state: execute a command, run what is due, apply a recorded
// event, ask. It owns the locks and the order in which they are taken, and no rule of its own:
// rules are in application.h, state in shard.h, pool.h and office.h.
//
// Lock order, everywhere: the operators' mutex, shards ascending, one pool, the event sink.
//   - One application: its owner's shard; its pool for the moment in which plates move.
//   - What concerns all (offices, pools' existence, terms, the clock): every shard.
//   - What operators and calendars do to one pool: the first shard, which keeps out whoever wants
//     every shard, then the pool.
//   - Operators' writes and new rehearsal owners hold the operators' mutex first; but to settle a
//     notice or note an action its one shard is enough.
// Events are appended while every lock that their state needs is held: log order is state order.
//
// Deterministic: the same events in the same order give the same digest, with any number of shards.
// Opens no file or socket, reads no clock, starts no thread. Thread-safe, but for recovery (apply,
// StateReader), which must have ended before anything else is called.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/commands.h"
#include "engine/events.h"
#include "engine/office.h"
#include "engine/operators.h"
#include "engine/pool.h"
#include "engine/shard.h"
#include "engine/spinning_mutex.h"
#include "engine/types.h"

namespace plated {

struct EngineOptions {
  uint32_t shards = 8;  // a power of two
  EntropySeed seed{};   // fresh at every start: vouchers and moments of return come from it
};

// Something that clients who watch it are owed, once `rests_on` is durable.
struct Changes {
  struct OfOffice {
    OfficeCode office;
    OfficeState state = OfficeState::closed;
    std::optional<CivilTime> until;
    Sequence rests_on;
  };
  struct OfApplication {
    ApplicationView application;
    Sequence rests_on;
  };
  std::vector<OfApplication> applications;
  std::vector<OfOffice> offices;
};

using Digest = std::array<uint8_t, 16>;

class Transaction;

class Engine {
 public:
  // Requires a sink and a tick source that outlive it.
  Engine(const EngineOptions& options, EventSink& sink, TickSource& ticks);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Citizens. Each answers into `out`, which it overwrites.
  void enter(const Who& who, Outcome& out);
  void submit(const Submit& command, Outcome& out);
  void verify(const Verify& command, Outcome& out);
  void draw(const Draw& command, Outcome& out);
  void shortlist(const ShortlistPlate& command, Outcome& out);
  void confirm(const ConfirmPlate& command, Outcome& out);
  void vehicles(std::string_view owner, std::string_view after, VehiclesPage& out);
  void request_code(const Who& who, CodePurpose purpose, CodeRequest& out);
  [[nodiscard]] bool has_owner(std::string_view owner);

  // Time. Called again and again by one thread.
  // Runs at most one hold's worth of timers of every shard, and what stands on the calendars. True:
  // there is more, call again at once.
  [[nodiscard]] bool advance(Changes& changes);
  // Records the time if countdowns run and nothing was recorded for `interval`.
  void record_time(Millis interval);
  void suspend_clock(CivilTime expected);
  Verdict accept_clock(Actor actor);
  [[nodiscard]] bool clock_suspended();

  // Operators: offices and pools.
  Verdict found(bool rehearsal);
  Verdict put_office(const OfficePatch& patch, Actor actor, Changes& changes);
  // Of one office, or of all.
  Verdict set_open(std::optional<OfficeCode> office, bool open, std::string_view reason,
                   Actor actor, Changes& changes);
  Verdict set_overlay(std::optional<OfficeCode> office, Overlay overlay, std::string_view reason,
                      Actor actor, Changes& changes);
  Verdict put_terms(std::string_view version, std::string_view zh, std::string_view en,
                    Actor actor);
  // Makes the pool with the secrets of today and tomorrow, which must already be safe. Whoever
  // keeps them under their days says which day they took for today; refused as overloaded, to be
  // done again, when the office has begun another one since.
  Verdict make_pool(PoolKey pool, const DrawSecret& today, const DrawSecret& tomorrow,
                    std::optional<Day> kept_for = std::nullopt);
  Verdict commit_secret(PoolKey pool, Day period, const DrawSecret& secret);
  PlatesReport load(const LoadSegment& segment, Actor actor);
  PlatesReport withhold(const PlateSelection& plates, std::string_view reason, Actor actor);
  PlatesReport restore(const PlateSelection& plates, std::string_view reason, Actor actor);

  // Operators: people.
  Verdict import_owner(std::string_view owner, OwnerKind kind, uint64_t key,
                       std::string_view sealed, Actor actor);
  Verdict import_vehicle(const ImportVehicle& vehicle, bool dry_run, Actor actor);
  // Makes r-`number` with a vehicle; requires a rehearsal, and that the office exists.
  Verdict make_rehearsal_owner(uint64_t number, OfficeCode office);
  Verdict erase_owner(std::string_view owner, Actor actor);
  Verdict lengthen_countdowns(std::string_view owner, uint32_t times, std::string_view reason,
                              Actor actor);
  Verdict blacklist(std::string_view owner, std::optional<CivilTime> until, std::string_view reason,
                    Actor actor);
  Verdict lift_blacklist(std::string_view owner, std::string_view reason, Actor actor);
  Verdict issue(const Plate& plate, std::optional<Day> date, Actor actor, Changes& changes);
  Verdict void_reservation(const Plate& plate, std::string_view reason, bool blacklist, Actor actor,
                           Changes& changes);
  Verdict extend(const Plate& plate, Day deadline, std::string_view reason, Actor actor,
                 Changes& changes);
  Verdict settle_notice(std::string_view owner, Sequence notice, bool sent);
  Verdict note_action(std::string_view what, Actor actor);

  // Questions. Each is answered as of one moment of what it locks.
  [[nodiscard]] bool rehearsal();
  [[nodiscard]] bool founded();
  [[nodiscard]] std::vector<Office> offices();
  [[nodiscard]] std::optional<Office> office(OfficeCode code);
  [[nodiscard]] std::vector<PoolKey> pools();
  [[nodiscard]] std::optional<PoolReport> pool(PoolKey key);
  [[nodiscard]] PlateReport plate(const Plate& plate);
  [[nodiscard]] std::optional<VehicleReport> vehicle(std::string_view vehicle);
  [[nodiscard]] std::optional<OwnerReport> owner(std::string_view owner);
  [[nodiscard]] std::optional<VoucherReport> voucher(const VoucherCode& code);
  [[nodiscard]] std::vector<BlacklistEntry> blacklisted();
  // Up to `limit` notices that are owed, by number from `after` on.
  [[nodiscard]] std::vector<PendingNotice> notices(Sequence after, std::size_t limit);
  [[nodiscard]] std::optional<Terms> terms(std::string_view version);
  [[nodiscard]] Totals totals();
  [[nodiscard]] Sequence last_sequence() const { return sink_.last(); }

  // Recovery.
  // Applies recorded events, in order. Many at once are faster than one by one: while one is
  // applied the cache brings what the next ones will touch.
  void apply(std::span<const Record> records);
  void apply(const Record& record);
  // The place of the last event that was applied or that a snapshot contained; live commands leave
  // it where recovery ended.
  [[nodiscard]] Sequence applied() const { return applied_; }
  // The times of the last event, live ones too.
  [[nodiscard]] Now last_now() const;
  // The committed secrets that draws need and that stand in no log; each is to be provided. False
  // if it is not the one committed to.
  [[nodiscard]] std::vector<std::pair<PoolKey, Period>> secrets_wanted();
  [[nodiscard]] bool provide_secret(PoolKey pool, Day period, const DrawSecret& secret);
  // Hashes the whole state, whatever the number of shards. Stops the world for as long as it takes.
  [[nodiscard]] Digest digest();

  friend class StateReader;
  friend class StateWriter;
  friend class Transaction;

 private:
  struct alignas(64) ShardCell {
    ShardCell(uint32_t number, const Surroundings& surroundings, const EntropySeed& seed)
        : shard(number, surroundings, seed) {}
    SpinningMutex mutex;
    Shard shard;
  };
  struct alignas(64) PoolCell {
    explicit PoolCell(PoolKey key) : pool(key) {}
    SpinningMutex mutex;
    Pool pool;
  };
  // Every shard's mutex, ascending: what concerns all is changed under it.
  class AllShards;
  // A vehicle where it stands.
  struct Found {
    ShardCell* cell = nullptr;
    uint32_t vehicle = kNoIndex;
  };
  // The stream of one draw, computed before the locks, and what it was computed for.
  struct PreparedDraw;

  [[nodiscard]] ShardCell& shard_of(std::string_view owner);
  [[nodiscard]] PoolCell* pool_cell(PoolKey key);
  [[nodiscard]] Office* office_of(OfficeCode code);
  [[nodiscard]] const Office& office_at(const Vehicle& vehicle);
  [[nodiscard]] Found find_vehicle(std::string_view vehicle);
  [[nodiscard]] Found whereabouts(const ApplicationRef& application, const Found& hint);
  void find_holder(const Plate& plate, PlateReport& report);

  template <class Decide>
  void on_application(const Who& who, Outcome& out, Decide&& decide);
  void prepare(const Draw& command, PreparedDraw& prepared);
  void settle(Transaction& transaction);
  void settle_once(Transaction& transaction, Due due);
  Refusal decide_submit(Transaction& transaction, const Submit& command);
  Refusal decide_verify(Transaction& transaction, const Verify& command);
  Refusal decide_draw(Transaction& transaction, const Draw& command, PreparedDraw& prepared,
                      Outcome& out);
  Refusal decide_shortlist(Transaction& transaction, const ShortlistPlate& command);
  Refusal decide_confirm(Transaction& transaction, const ConfirmPlate& command);
  void confirm_plate(Transaction& transaction, PlateNumber plate, bool automatic);

  bool advance_shard(ShardCell& cell, Changes& changes);
  void run_vehicle_timer(ShardCell& cell, uint32_t vehicle, const Now& now, Changes& changes);
  void run_return_timer(ShardCell& cell, PlateReturn& plate_return, const Now& now);
  bool advance_calendars(Changes& changes);
  void advance_office(Office& office, const Now& now, Changes& changes);
  void advance_day(Office& office, Day day, const Now& now);
  bool release_segment(PoolCell& cell);
  static void note_change(const Office& office, Sequence rests_on, Changes& changes);

  // Appends one event that is applied by `apply_global`, and what it applies to is locked.
  Sequence record_event(const Now& now, const Event& event);
  template <class Change>
  Verdict change_offices(std::optional<OfficeCode> office, Changes& changes, Change&& change);
  template <class Change>
  Verdict on_reservation(const Plate& plate, Changes& changes, Change&& change);
  template <class Change>
  Verdict on_owner(std::string_view owner, Change&& change);
  template <class Change>
  PlatesReport change_plates(const PlateSelection& selection, Change&& change);
  // False: the log had no room for all of it, and the list is abandoned.
  [[nodiscard]] bool load_list(PoolCell& cell, uint32_t segment,
                               const std::vector<PlateNumber>& plates);

  [[nodiscard]] Found foresee(const Record& record);
  void apply_foreseen(const Record& record, const Found& foreseen);
  void apply_event(const Event& event, const Now& now);
  template <class E>
  void apply_at(const Found& found, const E& event, const Now& now);
  template <class E>
  void apply_one(const E& event, const Now& now);
  void keep_times(const Now& now);

  EventSink& sink_;
  TickSource& ticks_;
  Surroundings surroundings_;
  bool founded_ = false;

  std::mutex operators_mutex_;
  std::vector<std::unique_ptr<ShardCell>> shards_;
  // Offices and pools, by code; made under all shards, never destroyed.
  std::map<OfficeCode, std::unique_ptr<Office>> offices_;
  std::map<PoolKey, std::unique_ptr<PoolCell>> pools_;
  std::map<std::string, Terms, std::less<>> terms_;

  Sequence applied_;
  std::atomic<int64_t> last_tick_ms_{0};
  std::atomic<int64_t> last_civil_ms_{0};
};

}  // namespace plated
