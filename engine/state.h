// The state as plain items: what a snapshot holds, and what the digest covers. Written and read
// only here, so that neither shards nor pools know of files. As with events, each item lists its
// members once, in `fields`, and the order of the alternatives is its type number on disk, from 1.
//
// Items come in this order: service, terms, offices, pools, owners, vehicles, then what refers to
// owners and vehicles. Timers are not state: they follow from it, and are armed as it is read.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <variant>

#include "engine/commands.h"
#include "engine/events.h"
#include "engine/pool.h"
#include "engine/standings.h"
#include "engine/types.h"

namespace plated {

class BarredTickets;
class Engine;
class Register;
class Shard;
struct Office;
struct Vehicle;

struct ServiceState {
  bool founded = false;
  bool rehearsal = false;
  bool lapses_suspended = false;
  static void fields(auto& s, auto&& f) {
    f("founded", s.founded), f("rehearsal", s.rehearsal);
    f("lapses_suspended", s.lapses_suspended);
  }
};

struct TermsState {
  std::string_view version;
  std::string_view zh;
  std::string_view en;
  static void fields(auto& s, auto&& f) { f("version", s.version), f("zh", s.zh), f("en", s.en); }
};

struct OfficeRecord {
  OfficeCode office;
  std::string_view name;
  std::string_view time_zone;
  SettingsChanged settings;
  std::span<const ScheduleRow> schedule;
  std::span<const Day> holidays;
  std::span<const Day> workdays;
  bool open = false;
  bool open_said = false;
  Overlay overlay = Overlay::none;
  std::string_view reason;
  CivilTime schedule_changes = CivilTime::max();  // max: never
  Millis stood{};
  Tick stands_since = Tick::max();  // max: it runs
  static void fields(auto& s, auto&& f) {
    f("office", s.office), f("name", s.name), f("time_zone", s.time_zone);
    f("settings", s.settings), f("schedule", s.schedule), f("holidays", s.holidays);
    f("workdays", s.workdays), f("open", s.open), f("open_said", s.open_said);
    f("overlay", s.overlay), f("reason", s.reason), f("schedule_changes", s.schedule_changes);
    f("stood", s.stood), f("stands_since", s.stands_since);
  }
};

struct OfficeDayState {
  OfficeCode office;
  Day day{};
  OfficeTick began{};
  Millis lapse_grace{};
  static void fields(auto& s, auto&& f) {
    f("office", s.office), f("day", s.day), f("began", s.began);
    f("lapse_grace_ms", s.lapse_grace);
  }
};

struct PoolState {
  PoolKey pool;
  uint32_t next_segment = 1;
  uint32_t listing_segment = 0;
  uint32_t room_with4 = 0;
  uint32_t room_without4 = 0;
  uint64_t loaded = 0;
  uint64_t held_with4 = 0;
  uint64_t held_without4 = 0;
  uint64_t returning_with4 = 0;
  uint64_t returning_without4 = 0;
  uint64_t reserved = 0;
  uint64_t issued = 0;
  uint64_t unreleased = 0;
  uint64_t withheld = 0;
  static void fields(auto& s, auto&& f) {
    f("pool", s.pool), f("next_segment", s.next_segment), f("listing_segment", s.listing_segment);
    f("room_with4", s.room_with4), f("room_without4", s.room_without4), f("loaded", s.loaded);
    f("held_with4", s.held_with4), f("held_without4", s.held_without4);
    f("returning_with4", s.returning_with4), f("returning_without4", s.returning_without4);
    f("reserved", s.reserved), f("issued", s.issued), f("unreleased", s.unreleased);
    f("withheld", s.withheld);
  }
};

struct SegmentState {
  PoolKey pool;
  uint32_t segment = 0;
  PlateNumber from;
  PlateNumber to;
  bool all_zero = false;
  uint32_t plates = 0;
  CivilTime release_at{};
  CivilTime loaded_at{};
  bool released = false;
  std::string_view note;
  static void fields(auto& s, auto&& f) {
    f("pool", s.pool), f("segment", s.segment), f("from", s.from), f("to", s.to);
    f("all_zero", s.all_zero), f("plates", s.plates), f("release_at", s.release_at);
    f("loaded_at", s.loaded_at), f("released", s.released), f("note", s.note);
  }
};

// Part of a list that waits for its release, or (segment 0) that is still being loaded.
struct ListPart {
  PoolKey pool;
  uint32_t segment = 0;
  uint32_t offset = 0;
  std::span<const PlateNumber> plates;
  static void fields(auto& s, auto&& f) {
    f("pool", s.pool), f("segment", s.segment), f("offset", s.offset), f("plates", s.plates);
  }
};

// Which plates are loaded: bit i of word w is the plate numbered (first_word + w) * 64 + i.
struct LoadedPart {
  PoolKey pool;
  uint32_t first_word = 0;
  std::span<const uint64_t> words;
  static void fields(auto& s, auto&& f) {
    f("pool", s.pool), f("first_word", s.first_word), f("words", s.words);
  }
};

// Part of the free plates, in their order.
struct FreePart {
  PoolKey pool;
  bool without4 = false;
  uint32_t offset = 0;
  std::span<const PlateNumber> plates;
  static void fields(auto& s, auto&& f) {
    f("pool", s.pool), f("without4", s.without4), f("offset", s.offset), f("plates", s.plates);
  }
};

struct PeriodState {
  PoolKey pool;
  Day day{};
  Commitment commitment{};
  bool began = false;
  static void fields(auto& s, auto&& f) {
    f("pool", s.pool), f("day", s.day), f("commitment", s.commitment), f("began", s.began);
  }
};

struct OwnerState {
  std::string_view owner;
  OwnerKind kind = OwnerKind::person;
  uint8_t countdown_times = 1;
  CivilTime blacklisted_until{};
  std::string_view blacklist_reason;
  uint64_t key = 0;
  std::string_view sealed;
  static void fields(auto& s, auto&& f) {
    f("owner", s.owner), f("kind", s.kind), f("countdown_times", s.countdown_times);
    f("blacklisted_until", s.blacklisted_until), f("blacklist_reason", s.blacklist_reason);
    f("key", s.key), f("sealed", s.sealed);
  }
};

struct HoldsState {
  std::span<const PlateNumber> batch;
  std::span<const PlateNumber> shortlist;
  bool batch_live = false;
  bool shortlist_live = false;
  bool fallback_held = false;
  PlateNumber picked = kNoPlate;
  OfficeTick batch_deadline{};
  OfficeTick shortlist_deadline{};
  static void fields(auto& s, auto&& f) {
    f("batch", s.batch), f("shortlist", s.shortlist), f("batch_live", s.batch_live);
    f("shortlist_live", s.shortlist_live), f("fallback_held", s.fallback_held);
    f("picked", s.picked), f("batch_deadline", s.batch_deadline);
    f("shortlist_deadline", s.shortlist_deadline);
  }
};

struct VehicleState {
  std::string_view owner;
  std::string_view vehicle;
  PoolKey pool;
  std::string_view plate;
  uint32_t application = 1;
  uint32_t version = 1;
  uint32_t draws_left = 0;
  uint32_t draw = 0;
  Step step = Step::submit;
  bool forfeit = false;
  bool reminded = false;
  OfficeTick verified_until{};
  PlateNumber reserved = kNoPlate;
  bool automatic = false;
  Day deadline{};
  CivilTime confirmed_at{};
  Sequence sequence;
  VoucherCode voucher{};
  bool has_holds = false;
  HoldsState holds;
  static void fields(auto& s, auto&& f) {
    f("owner", s.owner), f("vehicle", s.vehicle), f("pool", s.pool), f("plate", s.plate);
    f("application", s.application), f("version", s.version), f("draws_left", s.draws_left);
    f("draw", s.draw), f("step", s.step), f("forfeit", s.forfeit), f("reminded", s.reminded);
    f("verified_until", s.verified_until), f("reserved", s.reserved), f("auto", s.automatic);
    f("deadline", s.deadline), f("confirmed_at", s.confirmed_at), f("sequence", s.sequence);
    f("voucher", s.voucher), f("has_holds", s.has_holds), f("holds", s.holds);
  }
};

// A plate that is reserved, issued, withheld or returning. `vehicle`: of the first two.
struct TakenState {
  PoolKey pool;
  PlateNumber plate;
  PlateState state = PlateState::withheld;
  WithheldWhy why = WithheldWhy::by_operator;
  std::string_view reason;
  std::string_view vehicle;
  static void fields(auto& s, auto&& f) {
    f("pool", s.pool), f("plate", s.plate), f("state", s.state), f("why", s.why);
    f("reason", s.reason), f("vehicle", s.vehicle);
  }
};

struct ReturnState {
  std::string_view owner;
  PoolKey pool;
  PlateNumber plate;
  OfficeTick at{};
  static void fields(auto& s, auto&& f) {
    f("owner", s.owner), f("pool", s.pool), f("plate", s.plate), f("at", s.at);
  }
};

struct NoticeState {
  Sequence notice;
  NoticeKind kind = NoticeKind::confirmed;
  std::string_view owner;
  std::string_view vehicle;
  PoolKey pool;
  PlateNumber plate;
  Day deadline{};
  CivilTime blacklisted_until{};
  CivilTime at{};
  static void fields(auto& s, auto&& f) {
    f("notice", s.notice), f("kind", s.kind), f("owner", s.owner), f("vehicle", s.vehicle);
    f("pool", s.pool), f("plate", s.plate), f("deadline", s.deadline);
    f("blacklisted_until", s.blacklisted_until), f("at", s.at);
  }
};

// Where people find an office; comes behind that office's record, and only where anything was said.
struct OfficeContactState {
  OfficeCode office;
  std::string_view address;
  std::string_view telephone;
  std::string_view hours;
  static void fields(auto& s, auto&& f) {
    f("office", s.office), f("address", s.address), f("telephone", s.telephone);
    f("hours", s.hours);
  }
};

// How often what applications show of the office has changed; comes behind that office's record,
// and only where it has.
struct OfficeEditionState {
  OfficeCode office;
  uint32_t edition = 0;
  static void fields(auto& s, auto&& f) { f("office", s.office), f("edition", s.edition); }
};

// What was counted of a vehicle's codes on the last day on which anything was; see CodeSent. Only
// where it may still limit anything: see Shard::codes.
struct CodesState {
  std::string_view owner;
  std::string_view vehicle;
  uint32_t application = 0;
  Day day{};
  uint32_t sent_to_submit = 0;
  uint32_t sent_to_verify = 0;
  uint32_t sent_in_all = 0;
  uint32_t misses = 0;
  static void fields(auto& s, auto&& f) {
    f("owner", s.owner), f("vehicle", s.vehicle), f("application", s.application);
    f("day", s.day), f("sent_to_submit", s.sent_to_submit);
    f("sent_to_verify", s.sent_to_verify), f("sent_in_all", s.sent_in_all);
    f("misses", s.misses);
  }
};

// The latest day on which any code was counted; comes before all CodesState, if there is one.
struct CodesDayState {
  Day day{};
  static void fields(auto& s, auto&& f) { f("day", s.day); }
};

struct SpentTicketState {
  TicketMark mark{};
  TicketMark session{};
  CivilTime until{};
  static void fields(auto& s, auto&& f) {
    f("mark", s.mark), f("session", s.session), f("until", s.until);
  }
};

struct RevokedTicketsState {
  std::string_view owner;
  std::string_view jti;
  CivilTime before{};
  CivilTime until{};
  static void fields(auto& s, auto&& f) {
    f("owner", s.owner), f("jti", s.jti), f("before", s.before), f("until", s.until);
  }
};

// What the log says of the key store; comes behind the service, and only where it says anything.
struct KeyStoreState {
  KeyStoreMark mark;
  std::span<const uint64_t> destroyed;
  static void fields(auto& s, auto&& f) { f("mark", s.mark), f("destroyed", s.destroyed); }
};

// An office's waiting room, where one was ever set up; comes behind that office's record.
struct WaitingRoomState {
  OfficeCode office;
  WaitingValues values;
  Millis shut{};
  Tick shut_since = Tick::max();             // max: it is open
  CivilTime lobby_drawn = CivilTime::max();  // max: none was ordered yet
  CivilTime opening{};                       // that the lobby waits for, while anybody is in it
  static void fields(auto& s, auto&& f) {
    f("office", s.office), f("settings", s.values), f("shut", s.shut);
    f("shut_since", s.shut_since), f("lobby_drawn", s.lobby_drawn), f("opening", s.opening);
  }
};

struct LobbyPeriodState {
  OfficeCode office;
  Day day{};
  Commitment commitment{};
  static void fields(auto& s, auto&& f) {
    f("office", s.office), f("day", s.day), f("commitment", s.commitment);
  }
};

// A place in an office's lobby or queue, or in work before its owner has acted. `index`: in the
// order of the lobby or the queue; 0 in work. `until`: of whom was admitted or passed over.
struct PlaceState {
  OfficeCode office;
  std::string_view owner;
  Stage stage = Stage::none;
  uint32_t index = 0;
  bool passed_over = false;
  bool code_left = false;
  OpenTick until{};
  static void fields(auto& s, auto&& f) {
    f("office", s.office), f("owner", s.owner), f("stage", s.stage), f("index", s.index);
    f("passed_over", s.passed_over), f("code_left", s.code_left), f("until", s.until);
  }
};

using StateItem =
    std::variant<std::monostate, ServiceState, TermsState, OfficeRecord, OfficeDayState, PoolState,
                 SegmentState, ListPart, LoadedPart, FreePart, PeriodState, OwnerState,
                 VehicleState, TakenState, ReturnState, NoticeState, OfficeContactState, CodesState,
                 CodesDayState, SpentTicketState, RevokedTicketsState, KeyStoreState,
                 OfficeEditionState, WaitingRoomState, LobbyPeriodState, PlaceState>;

// Hands out the state of an engine item by item. Views are good during the call only. Requires that
// nothing else uses the engine, or that every lock is held: Engine::digest is the one such caller.
class StateWriter {
 public:
  using Consumer = std::function<void(const StateItem&)>;
  // Calls `consume` once for each item, so that what an item refers to comes before it.
  static void write(Engine& engine, const Consumer& consume);

 private:
  static void write_office(const Office& office, const Consumer& consume);
  static void write_room(const Office& office, const WaitingRoom& room, const Consumer& consume);
  static void write_pool(const Pool& pool, const Consumer& consume);
  static void write_taken(const Register& all, const Pool& pool, const Consumer& consume);
  static void write_people(const Shard& shard, const Consumer& consume);
  static void write_tickets(const BarredTickets& tickets, const Consumer& consume);
  static void write_vehicle(const Shard& shard, const Vehicle& vehicle, const Consumer& consume);
  static void write_codes(const Register& all, const Consumer& consume);
  static void write_waiting(const Register& all, const Consumer& consume);
};

// Builds the state of a fresh engine from its items, in their order.
class StateReader {
 public:
  // `sequence` and `now` are those of the last event that the state contains.
  StateReader(Engine& engine, Sequence sequence, const Now& now);
  // False: the item does not fit what came before; the snapshot is not one of ours.
  [[nodiscard]] bool read(const StateItem& item);
  // Arms all timers. After the last item.
  void finish();

 private:
  bool take(const std::monostate&) { return false; }
  bool take(const ServiceState& item);
  bool take(const TermsState& item);
  bool take(const OfficeRecord& item);
  bool take(const OfficeDayState& item);
  bool take(const PoolState& item);
  bool take(const SegmentState& item);
  bool take(const ListPart& item);
  bool take(const LoadedPart& item);
  bool take(const FreePart& item);
  bool take(const PeriodState& item);
  bool take(const OwnerState& item);
  bool take(const VehicleState& item);
  bool take(const TakenState& item);
  bool take(const ReturnState& item);
  bool take(const NoticeState& item);
  bool take(const OfficeContactState& item);
  bool take(const CodesState& item);
  bool take(const CodesDayState& item);
  bool take(const SpentTicketState& item);
  bool take(const RevokedTicketsState& item);
  bool take(const KeyStoreState& item);
  bool take(const OfficeEditionState& item);
  bool take(const WaitingRoomState& item);
  bool take(const LobbyPeriodState& item);
  bool take(const PlaceState& item);
  [[nodiscard]] Office* office(OfficeCode code) const;
  [[nodiscard]] Pool* pool(PoolKey key) const;
  [[nodiscard]] Shard& shard_of(std::string_view owner) const;

  Register& all_;
  Now now_;
  bool finished_ = false;
};

}  // namespace plated
