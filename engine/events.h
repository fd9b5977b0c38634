// The facts: what a command or a timer has made true. The log holds nothing else, and applying them
// in order is the only way in which state changes, live and in recovery.
//
// Every event lists its members once, in `fields`; encoding, decoding, printing and hashing are
// made from that list. An event may be appended to, never reordered: its order is the order on
// disk. Text and lists are views: they point into the roster's, a transaction's or a log buffer's
// memory, which outlives the event.
//
// `EventSink` is the only way out of the engine.
#pragma once

#include <span>
#include <variant>

#include "engine/owner_events.h"
#include "engine/service_events.h"
#include "engine/types.h"
#include "engine/waiting_events.h"

namespace plated {

// The order of the alternatives is the type number on disk, from 1: only ever add at the end.
using Event = std::variant<
    std::monostate, Founded, TimeRecorded, ClockSuspended, ClockAccepted, TermsPublished,
    OfficeNamed, SettingsChanged, ScheduleChanged, HolidaysChanged, OfficeOpened, OverlayChanged,
    DayBegan, PoolMade, SegmentListed, SegmentLoaded, SegmentReleased, PlatesWithheld,
    PlatesRestored, SecretCommitted, PeriodBegan, OwnerImported, OwnerErased, VehicleImported,
    VehicleMoved, RehearsalOwnerMade, CountdownsLengthened, Blacklisted, BlacklistLifted, Submitted,
    Verified, Drawn, Shortlisted, BatchExpired, ShortlistExpired, HoldsForfeited, VerificationEnded,
    Confirmed, Reminded, Lapsed, PlateReturned, Issued, Voided, Extended, ApplicationBegan,
    NoticeSettled, OperatorActed, OfficeDescribed, CodeSent, CodeMissed, TicketSpent,
    TicketsRevoked, KeysMade, KeyDestroyed, OwnerVersionsRaised, OfficeVersionsRaised,
    WaitingRoomSet, LobbyCommitted, Queued, LobbyOrdered, Admitted, PassedOver, PlaceEnded>;

// One event where it stands in the log.
struct Record {
  Sequence sequence;
  Now now;
  Event event;
};

// Where facts become durable. Called with every lock held that the events' state needs, so the
// order of appends is the order of state.
class EventSink {
 public:
  virtual ~EventSink() = default;

  // Whose room: a command is refused when there is none; timers have a reserve of their own.
  enum class For : uint8_t { command, timer };

  // Sets room aside for one append of at most kEventsPerAppend events, before any lock is taken.
  // False: the log is behind or the disk full; refuse as overloaded. Every true is followed by one
  // release.
  [[nodiscard]] virtual bool reserve(For whose) = 0;
  // Gives back what reserve() set aside, used or not.
  virtual void release(For whose) = 0;

  // Appends in order, all in one batch, and returns the last event's sequence. Never fails: room
  // was reserved. Does not block on the disk.
  virtual Sequence append(const Now& now, std::span<const Event> events) = 0;

  // The last sequence appended, durable or not.
  [[nodiscard]] virtual Sequence last() const = 0;
};

}  // namespace plated
