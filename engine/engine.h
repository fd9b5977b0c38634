// Start here. The one door to the state: execute a command, run what is due, apply a recorded
// event, ask. It takes the locks, applies and appends, and has no rule of its own: rules are in
// selection_rules.h, operator_rules.h and pool_rules.h, the state is in register.h.
//
// Lock order, everywhere: the operators' mutex, shards ascending, one pool, one waiting room, the
// event sink.
//   - One application: its owner's shard; its pool for the moment in which plates move.
//   - A place in a waiting room: its owner's shard, then the room.
//   - What concerns all (offices, pools' existence, terms, the clock): every shard.
//   - What operators and calendars do to one pool: the first shard, which keeps out whoever wants
//     every shard, then the pool.
//   - Operators' writes and new rehearsal owners hold the operators' mutex first; but to settle a
//     notice or to note an action, one shard's mutex is enough.
//   - Tickets: their own mutex, alone; the digest takes it last.
// Events are appended while every lock that their state needs is held: log order is state order.
//
// Deterministic: the same events in the same order give the same digest, with any number of shards.
// Opens no file or socket, reads no clock, starts no thread. Thread-safe, but for recovery (apply,
// StateReader), which must have ended before anything else is called.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/barred_tickets.h"
#include "engine/commands.h"
#include "engine/entropy.h"
#include "engine/events.h"
#include "engine/office.h"
#include "engine/operators.h"
#include "engine/pool.h"
#include "engine/recorded_keys.h"
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
  // What all applications of an office show has changed: too many to show them here. Their watchers
  // are owed what `look` shows.
  struct OfOfficesApplications {
    OfficeCode office;
    Sequence rests_on;
  };
  struct OfOwner {  // was admitted from the waiting room
    std::string owner;
    OfficeCode office;
    Millis act_within{};
    Sequence rests_on;
  };
  std::vector<OfApplication> applications;
  std::vector<OfOffice> offices;
  std::vector<OfOfficesApplications> renewed;
  std::vector<OfOwner> admitted;

  void clear() {
    applications.clear();
    offices.clear();
    renewed.clear();
    admitted.clear();
  }
};

using Digest = std::array<uint8_t, 16>;

class Engine {
 public:
  // Requires a sink and a tick source that outlive it, and a power of two for the shards.
  Engine(const EngineOptions& options, EventSink& sink, TickSource& ticks);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Citizens. Each of the next seven, and request_code, answers into `out`, which it overwrites:
  // with the application as it is, or with a refusal, and the sequence on which either rests.
  // Whatever was due of the application becomes a fact first. Every one may refuse
  // not_your_vehicle, not_eligible and overloaded (no room in the log). From submit to confirm each
  // may also refuse maintenance, blacklisted, wrong_step and paused, in this order, before its own
  // refusals. A command that was done before is no error: it changes nothing and shows what came of
  // it.

  // Shows the application and marks it as watched: later changes of it appear in Changes.
  // Refuses maintenance and blacklisted, but not for an application that is finished.
  void enter(const Who& who, Outcome& out);
  // Shows it to somebody who has entered before, and does not ask now, so it is no sign that they
  // are there. Refuses not_your_vehicle, not_eligible and overloaded alone.
  void look(const Who& who, Outcome& out);
  // Accepts the terms in force, with an SMS code: `submit` becomes `notice`, with the office's
  // `draws` to make. Refuses terms_outdated, wrong_code, code_expired and too_many_tries. Requires
  // that the caller has compared the code.
  void submit(const Submit& command, Outcome& out);
  // Opens the choice for the office's `verified_for`, with an SMS code: `notice` becomes `pick`.
  // Refuses not_open, wrong_code, code_expired and too_many_tries; before these waiting, where an
  // office has a waiting room and its owner does not work: then they have a place, which is shown.
  // Requires that the caller has compared the code.
  void verify(const Verify& command, Outcome& out);
  // In `pick`: draws a batch, the `draw`-th from 1, and holds it for the office's `batch_hold`;
  // what was left of the last one becomes free. Refuses not_open, wrong_draw_number, no_draws_left,
  // all_held (with when to try again) and pool_empty. A refusal costs no draw. The latest draw
  // again is a repetition.
  void draw(const Draw& command, Outcome& out);
  // In `pick`: puts a plate of the live batch on the shortlist, instead of the one that was chosen
  // of that batch before, if any. The shortlist's countdown, of `shortlist_hold`, starts anew.
  // Refuses not_in_batch, and expired when the batch is over.
  void shortlist(const ShortlistPlate& command, Outcome& out);
  // Reserves a plate of the live shortlist for good and frees every other hold: `pick` becomes
  // `done`. Refuses not_on_shortlist, expired when the shortlist is over, and already_confirmed
  // when another plate is reserved.
  void confirm(const ConfirmPlate& command, Outcome& out);
  // The owner's vehicles with an id greater than `after`, ascending, at most kVehiclesPerPage, and
  // where to go on. An unknown owner has none. Never refuses, and changes nothing.
  void vehicles(std::string_view owner, std::string_view after, VehiclesPage& out);
  // What sending an SMS code needs to know. Sends nothing, and changes nothing but what was due.
  // Refuses what the command that the code is for would refuse before it looks at the code.
  void request_code(const Who& who, CodePurpose purpose, CodeRequest& out);
  // A code leaves now for the application that is numbered so: counts it. Not done, and nothing
  // counted, without room in the log, or when the vehicle has another owner or application by now.
  struct Counted {
    bool done = false;
    Sequence rests_on;
  };
  [[nodiscard]] Counted code_leaves(const Who& who, CodePurpose purpose, uint32_t application);
  // Shows, once for each vehicle, what was counted of codes that may still limit anything: those
  // that left, and wrong ones. `show` asks the engine nothing.
  void each_code_count(const std::function<void(const CodeCount&)>& show);
  // Gives the owner's place in the office's queue or lobby back. Unchanged without one; overloaded,
  // when the log has no room.
  Verdict give_up(std::string_view owner, OfficeCode office);
  // Where the owner stands with the office's queue and lobby now.
  [[nodiscard]] StandingView standing(std::string_view owner, OfficeCode office);
  // The owner has sent something that nothing else here was told of: they count as connected.
  void heard_of(std::string_view owner);
  // Whether there is such an owner, imported or of a rehearsal, erased or not.
  [[nodiscard]] bool has_owner(std::string_view owner);

  // Time. Called again and again by one thread.

  // Runs at most one hold's worth of timers of every shard (kTimersPerHold), and what stands on the
  // calendars; adds to `changes` what watchers are owed. True: there is more, call again at once.
  // With a full log it does nothing and says that there is no more.
  [[nodiscard]] bool advance(Changes& changes);
  // Records the time if countdowns run and nothing was recorded for `interval`, which is not
  // negative. Does nothing with a full log.
  void record_time(Millis interval);
  // Civil time jumped from `expected`: no day begins and nothing lapses until an operator accepts
  // it. Does nothing when it is so already, or the log is full: call again.
  void suspend_clock(CivilTime expected);
  // Believes civil time again. Unchanged when it was believed.
  Verdict accept_clock(Actor actor);
  // Whether civil time waits to be accepted.
  [[nodiscard]] bool clock_suspended();

  // Operators: offices and pools. Each verdict is ok, unchanged if it was so already, or says what
  // is wrong; each may be overloaded, when the log has no room.

  // Makes the data directory a rehearsal's or a real one, for ever; a conflict with what it is.
  Verdict found(bool rehearsal);
  // Makes or changes an office: all of the patch, or nothing. Bad_request names the field.
  Verdict put_office(const OfficePatch& patch, Actor actor, Changes& changes);
  // Opens or closes one office, or all (none named); it holds until the schedule's next change.
  // Not_found for an unknown office. Overloaded within all: those before it are done.
  Verdict set_open(std::optional<OfficeCode> office, bool open, std::string_view reason,
                   Actor actor, Changes& changes);
  // Pauses one office or all, puts it into maintenance, or (Overlay::none) lets it go on. Its
  // service time, and with it every countdown, stands still meanwhile. Not_found and overloaded as
  // in set_open.
  Verdict set_overlay(std::optional<OfficeCode> office, Overlay overlay, std::string_view reason,
                      Actor actor, Changes& changes);
  // Publishes a version of the terms: 1 to kTermsVersionMax bytes of name, at most kTermsMax in
  // each language (bad_request). A conflict when it was published with other words.
  Verdict put_terms(std::string_view version, std::string_view zh, std::string_view en,
                    Actor actor);
  // Makes the pool with the secrets of today and tomorrow, which must already be safe. Not_found
  // without the office. Whoever keeps the secrets under their days says which day was taken for
  // today; overloaded, to be done again, when the office has begun another one since.
  Verdict make_pool(PoolKey pool, const DrawSecret& today, const DrawSecret& tomorrow,
                    std::optional<Day> kept_for = std::nullopt);
  // Commits the pool to the secret of a later day, which must already be safe. Not_found without
  // the pool; a conflict when that day, or a later one, has its secret.
  Verdict commit_secret(PoolKey pool, Day period, const DrawSecret& secret);
  // Commits the office's lobbies to the secret of a day, which must already be safe. Not_found
  // without the office; a conflict when that day, or a later one, has its secret.
  Verdict commit_lobby(OfficeCode office, Day period, const DrawSecret& secret);
  // Loads plates as a segment, all or nothing, to be released at `release_at`; with dry_run says
  // what would come of it. Bad_request for a selection without plates, not_found without the pool,
  // a conflict, with the plates in the report, when some are loaded already. When the log fills up
  // within a list nothing is loaded and it is overloaded. Requires plates of the pool's numbering.
  PlatesReport load(const LoadSegment& segment, Actor actor);
  // Takes plates that are free or not yet released out of the pool: all or nothing, at most
  // kPlatesChangedMax (bad_request). Of a range it passes over what is not loaded. Not_found
  // without the pool; a conflict, with the plates in the report, when some are held, reserved,
  // issued or returning. Requires plates of the pool's numbering.
  PlatesReport withhold(const PlateSelection& plates, std::string_view reason, Actor actor);
  // Gives back to the pool those of the plates that an operator withholds, and leaves the others
  // alone. Bounds and refusals as of withhold, but a conflict only for a list with a plate that is
  // not loaded.
  PlatesReport restore(const PlateSelection& plates, std::string_view reason, Actor actor);

  // Operators: people. As above; not_found for an unknown owner or plate.

  // A new owner, or new facts about one. `key` names the key under which `sealed` is sealed; that
  // key must already be safe. Always a change: whoever imports compares first. Requires an id of 1
  // to kOwnerIdMax bytes.
  Verdict import_owner(std::string_view owner, OwnerKind kind, uint64_t key,
                       std::string_view sealed, Actor actor);
  // A new vehicle, new facts about one, or its move to another owner. Bad_request without the owner
  // or the office; a conflict while its application is in `pick` or `done` and it would change
  // owner or pool. `dry_run`: says so only. Requires an id of 1 to kVehicleIdMax characters.
  Verdict import_vehicle(const ImportVehicle& vehicle, bool dry_run, Actor actor);
  // Makes the owner r-`number` with one vehicle. Bad_request from kRehearsalOwnersEnd on; a
  // conflict outside a rehearsal, without the office, and when the vehicle is another owner's.
  Verdict make_rehearsal_owner(uint64_t number, OfficeCode office);
  // Forgets the owner's personal data, which are sealed under `key`; the caller has destroyed it.
  // Unchanged when none are known; a conflict when they were sealed anew meanwhile, under another
  // key.
  Verdict erase_owner(std::string_view owner, uint64_t key, Actor actor);
  // Multiplies the countdowns of the owner that begin from now on by 2 to kCountdownTimesMax; 1
  // ends it. Bad_request for another number.
  Verdict lengthen_countdowns(std::string_view owner, uint32_t times, std::string_view reason,
                              Actor actor);
  // Keeps the owner from selecting until then (two years from now if nothing is said). Unfinished
  // applications forfeit their holds. Bad_request for a moment that is not still to come.
  Verdict blacklist(std::string_view owner, std::optional<CivilTime> until, std::string_view reason,
                    Actor actor);
  // Lets the owner select again. Unchanged for one who is not on the blacklist now.
  Verdict lift_blacklist(std::string_view owner, std::string_view reason, Actor actor);

  // Operators: the counter's work on a reserved plate. Each finds the application through the
  // plate, makes a fact of what was due of it first, and adds to `changes` what its watchers are
  // owed. Each is a conflict when the plate is not reserved or its reservation has lapsed.

  // Hands the plate over, as of `date` (today if nothing is said): `done` becomes `issued`.
  // Unchanged when it was; a conflict once its vehicle has moved on. Bad_request for a day before
  // the confirmation or still to come, a conflict for one after the deadline.
  Verdict issue(const Plate& plate, std::optional<Day> date, Actor actor, Changes& changes);
  // Takes the reservation back. The plate returns within the office's `return_window`, and the
  // vehicle's next application begins. With `blacklist` the owner is blacklisted for the office's
  // `blacklist_years`. A conflict when the plate was issued.
  Verdict void_reservation(const Plate& plate, std::string_view reason, bool blacklist, Actor actor,
                           Changes& changes);
  // Moves the last day on which the plate can be fetched. Bad_request for an earlier day or one
  // more than 366 days ahead, a conflict when the plate was issued.
  Verdict extend(const Plate& plate, Day deadline, std::string_view reason, Actor actor,
                 Changes& changes);

  // The SMS that is owed to the owner under this number went out, or (not sent) never can.
  // Not_found when it is not owed.
  Verdict settle_notice(std::string_view owner, Sequence notice, bool sent);
  // Puts an operator's action that leaves no other fact into the log.
  Verdict note_action(std::string_view what, Actor actor);
  // Puts what the key store has done into the log: the changes that it does not know yet, in order.
  // Requires the service to be founded. Whoever uses a new key records it first; overloaded: some
  // are not recorded, call again.
  Verdict record_keys(std::span<const KeyStoreChange> changes);

  // Tickets. Which of those that the platform has signed are barred before their end.

  // Whether the ticket opens a connection now: good, or why not. The caller has checked its
  // signature and its times.
  [[nodiscard]] TicketStanding ticket_standing(const TicketUse& ticket);
  // Uses up a ticket that is good for one entrance; requires a jti. From now on it is good for the
  // browser that shows what `session` is the hash of. A conflict when it was used, or is revoked.
  Verdict spend_ticket(const TicketUse& ticket);
  // Bars tickets; a bad request names the field. Whoever is connected by one is the caller's.
  Verdict revoke_tickets(const RevokeTickets& wish, Actor actor);
  // Until when an owner's tickets, or (the owner empty) that of a jti, are barred; nothing: they
  // are not.
  [[nodiscard]] std::optional<CivilTime> tickets_barred_until(std::string_view owner,
                                                              std::string_view jti);

  // Questions. Each is answered as of one moment of what it locks, changes nothing and never
  // refuses; what is unknown is nothing, or empty.

  // Whether the data directory is a rehearsal's; false before it is founded.
  [[nodiscard]] bool rehearsal();
  // Whether it was decided what the data directory is.
  [[nodiscard]] bool founded();
  // What the log says of the key store.
  [[nodiscard]] RecordedKeys recorded_keys();
  // All offices, in the order of their codes.
  [[nodiscard]] std::vector<Office> offices();
  // One of them; nothing for an unknown one.
  [[nodiscard]] std::optional<Office> office(OfficeCode code);
  // All pools, in the order of their keys.
  [[nodiscard]] std::vector<PoolKey> pools();
  // Grows with whatever operators load, withhold or restore, before they are told: a reading of the
  // pools that began at the same count shows it.
  [[nodiscard]] uint64_t pool_changes() const;
  // Counts, segments (without the plates of lists) and periods.
  [[nodiscard]] std::optional<PoolReport> pool(PoolKey key);
  // The waiting room of an office, and the secrets of its lobbies. Nothing without the office.
  [[nodiscard]] std::optional<WaitingReport> waiting(OfficeCode office);
  // The plate's state, and whose it is. Costs a search through the shards when the plate is held:
  // nobody keeps who holds it. Requires a plate of its pool's numbering.
  [[nodiscard]] PlateReport plate(const Plate& plate);
  // The plates of a pool that are reserved, ascending. For rare questions: the pool stands still
  // while all of them are looked at.
  [[nodiscard]] std::vector<PlateNumber> reserved(PoolKey pool);
  // The vehicle with its owner and its application. Asks one shard after the other.
  [[nodiscard]] std::optional<VehicleReport> vehicle(std::string_view vehicle);
  // The owner with all vehicles; personal data as it was sealed.
  [[nodiscard]] std::optional<OwnerReport> owner(std::string_view owner);
  // The reservation that a voucher's code is of; nothing once it has lapsed or was voided.
  [[nodiscard]] std::optional<VoucherReport> voucher(const VoucherCode& code);
  // Owners who are on the blacklist now, by id. Walks all owners.
  [[nodiscard]] std::vector<BlacklistEntry> blacklisted();
  // Up to `limit` notices that are owed, by number from `after` on.
  [[nodiscard]] std::vector<PendingNotice> notices(Sequence after, std::size_t limit);
  // The words of a published version.
  [[nodiscard]] std::optional<Terms> terms(std::string_view version);
  // Sums over all shards, each as of its own moment.
  [[nodiscard]] Totals totals();
  // The place of the last event that was appended, durable or not.
  [[nodiscard]] Sequence last_sequence() const;

  // Recovery, before anything else is called.

  // Applies recorded events, in order and none left out: else the process ends. Many at once are
  // faster than one by one: while one is applied the cache brings what the next ones will touch.
  void apply(std::span<const Record> records);
  // One of them, as above.
  void apply(const Record& record);
  // The place of the last event that was applied or that a snapshot contained; live commands leave
  // it where recovery ended.
  [[nodiscard]] Sequence applied() const;
  // The times of the last event, live ones too.
  [[nodiscard]] Now last_now() const;
  // The committed secrets that draws need and that stand in no log; each is to be provided.
  [[nodiscard]] std::vector<std::pair<PoolKey, Period>> secrets_wanted();
  // Keeps the secret in memory for that pool's draws of that day. False, and nothing kept, if it is
  // not the one committed to, or there is no such pool.
  [[nodiscard]] bool provide_secret(PoolKey pool, Day period, const DrawSecret& secret);
  // The same two for the secrets of lobbies.
  [[nodiscard]] std::vector<std::pair<OfficeCode, Period>> lobby_secrets_wanted();
  [[nodiscard]] bool provide_lobby_secret(OfficeCode office, Day period, const DrawSecret& secret);
  // Hashes the whole state, whatever the number of shards. Stops the world for as long as it takes.
  [[nodiscard]] Digest digest();

  // Internal: see engine_parts.h.
  struct Parts;

  friend class StateReader;
  friend class StateWriter;

 private:
  const std::unique_ptr<Parts> parts_;
};

}  // namespace plated
