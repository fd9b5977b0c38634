// What stands behind the engine's door: the register, the log and the clocks, and what every
// command does with them. Internal to engine*.cpp, transaction.h and the readers and writers of the
// state.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>

#include "engine/application.h"
#include "engine/check.h"
#include "engine/engine.h"
#include "engine/log_room.h"
#include "engine/register.h"

namespace plated {

struct Engine::Parts {
  Parts(const EngineOptions& options, EventSink& log, TickSource& clocks)
      : sink(log), ticks(clocks), state(options.shards, options.seed) {}

  // Makes events facts: applies each, then appends all of them at once, as Transaction does. In
  // that order, because the next decision of the same command needs what it left; and an event that
  // does not follow from the state stops the process before it stands in the log. Nobody sees the
  // state before the append: every mutex that it needs is held until after it. Requires those
  // mutexes, and room in the log.
  Sequence record(const Now& now, std::span<const Event> events) {
    check(!events.empty() && events.size() <= kEventsPerAppend, "one append has its limit");
    for (const Event& event : events) {
      state.apply(event, now);
    }
    const Sequence last = sink.append(now, events);
    state.keep_times(now);
    return last;
  }
  Sequence record(const Now& now, const Event& event) { return record(now, std::span(&event, 1)); }

  // A verdict that rests on what has been appended so far.
  [[nodiscard]] Verdict unchanged() const {
    Verdict verdict;
    verdict.rests_on = sink.last();
    return verdict;
  }
  // Records what was decided, if anything was, and with it what follows from it, if anything does.
  Verdict conclude(const Now& now, const std::optional<Event>& event,
                   const std::optional<Event>& and_then = std::nullopt) {
    check(event || !and_then, "what follows, follows from something");
    Verdict verdict = unchanged();
    if (event) {
      const std::array<Event, 2> both{*event, and_then.value_or(Event())};
      verdict.rests_on = record(now, std::span(both).first(and_then ? 2 : 1));
      verdict.changed = true;
    }
    return verdict;
  }
  // Of a decision that may be a refusal: the refusal, or what it recorded.
  template <class Decision>
  Verdict conclude(const Now& now, const Decision& decision) requires requires {
    decision.verdict;
  }
  {
    if (!decision.verdict.ok()) {
      return decision.verdict;
    }
    if constexpr (requires { decision.and_then; }) {
      return conclude(now, decision.event, decision.and_then);
    } else {
      return conclude(now, decision.event);
    }
  }

  EventSink& sink;
  TickSource& ticks;
  Register state;
  // Held over the whole of what an operator or a timer of the office does. Not Guarded: it gives a
  // turn and guards no value, for what it orders is behind the mutexes of shards and pools.
  std::mutex operators_mutex;
  std::atomic<uint64_t> pool_changes{0};  // see Engine::pool_changes
  std::optional<Tick> first_advance;      // under the operators' mutex
};

// Every shard's mutex: held while something changes that all shards read.
using AllShards = HoldAll<Shard>;

// The waiting room: see engine_waiting.cpp.

// Fills in where the owner of the application stands with the waiting room, and raises `rests_on`
// to what that rests on. Requires the view of it that `show` filled.
void show_place(Engine::Parts& parts, const Hold<Shard>& shard, const ApplicationSite& site,
                ApplicationView& view, Sequence& rests_on);
// The owner of the vehicle sent something: whoever was passed over is back.
void note_sign_of_life(Engine::Parts& parts, const Hold<Shard>& shard, uint32_t owner, Tick now);
// What became of an owner who may not pass yet: they are admitted, or wait at `place`.
struct AtDoor {
  Refusal refusal = Refusal::waiting;  // none: admitted; overloaded: nothing was done
  std::optional<PlaceView> place{};
  Sequence rests_on{};
};
// Requires that door_refusal told them to wait.
[[nodiscard]] AtDoor knock(Engine::Parts& parts, const Who& who);
// Puts the lobby in order, if it is time. Requires every shard, and room in the log.
void order_lobby(Engine::Parts& parts, const Office& office, const Now& now);
// Whether order_lobby has something to do. Requires the operators' mutex.
[[nodiscard]] bool lobby_is_due(Engine::Parts& parts, const Office& office);
// Serves the queue of an office: admits, passes over, ends what has lapsed. Requires the operators'
// mutex. True: there is more.
bool advance_queue(Engine::Parts& parts, const Office& office, Changes& changes);
// Ends what ended by itself for owners of the shard: the time to act, and the places of those who
// were blacklisted or erased. Requires room in the log for one append. True: it did.
bool end_places(Engine::Parts& parts, const Hold<Shard>& shard, const Now& now);

// The office's state, as its watchers are owed it.
void note_change(const Office& office, Sequence rests_on, Changes& changes);
// Until when it is in that state, as far as its schedule says.
[[nodiscard]] std::optional<CivilTime> lasts_until(const Office& office);

}  // namespace plated
