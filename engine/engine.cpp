// The citizens' commands: find, lock, make a fact of what is due, decide, append, show.
#include "engine/engine.h"

#include <sodium.h>

#include <algorithm>

#include "engine/engine_parts.h"
#include "engine/transaction.h"

namespace plated {
namespace {

void clear(Outcome& out) {
  out.refusal = Refusal::none;
  out.hint = kNoIndex;
  out.changed = false;
  out.settled_first = false;
  out.retry_in.reset();
  out.until.reset();
  out.place.reset();
}

// The vehicle of `who` in the owner's shard, into `out.hint`; or the refusal.
Refusal find_own_vehicle(const Roster& roster, const Who& who, Outcome& out) {
  const uint32_t vehicle = out.hint = roster.find_vehicle(who.vehicle, who.hint);
  check(vehicle == kNoIndex || roster.vehicle(vehicle).id.view() == who.vehicle,
        "a vehicle is found by its identifier");
  if (vehicle == kNoIndex || roster.owner(roster.vehicle(vehicle).owner).id() != who.owner) {
    return Refusal::not_your_vehicle;
  }
  return roster.vehicle(vehicle).eligible ? Refusal::none : Refusal::not_eligible;
}

// Runs `decide` on the application of `who`, after what is due there, and answers. `decide` returns
// the refusal; it adds its events to the transaction. Whoever asked shows that they are there.
enum class Asker : uint8_t { owner, server };
template <class Decide>
void on_application(Engine::Parts& parts, const Who& who, Outcome& out, Decide&& decide,
                    Asker asker = Asker::owner) {
  const LogRoom room(parts.sink, EventSink::For::command);
  if (!room.here()) {
    out.refusal = Refusal::overloaded;
    out.retry_in = kOverloadedRetry;
    out.rests_on = parts.sink.last();
    return;
  }
  const Hold<Shard> shard(parts.state.shard_of(who.owner));
  const Roster& roster = shard->roster();
  out.refusal = find_own_vehicle(roster, who, out);
  if (out.refusal != Refusal::none) {
    out.rests_on = parts.sink.last();
    return;
  }
  const Now now = parts.ticks.now();
  if (asker == Asker::owner) {
    note_sign_of_life(parts, shard, roster.vehicle(out.hint).owner, now.tick);
  }
  Transaction transaction(parts, shard, out.hint, now);
  transaction.settle();
  const bool settled = !transaction.empty();
  if (settled) {
    out.settled_first = true;
    show(transaction.site(), out.settled);
    show_place(parts, shard, transaction.site(), out.settled, out.rests_on);
  }
  const uint32_t version = transaction.version();
  check(due_of(transaction.site()) == Due::nothing, "nothing is decided on what is overdue");
  out.refusal = decide(transaction);
  out.rests_on = transaction.commit();
  out.changed = transaction.version() != version;
  check(out.refusal == Refusal::none || !out.changed, "a refused command changes nothing");
  if (settled && out.settled.reservation.plate != kNoPlate) {
    out.settled.reservation.sequence = transaction.site().reservation.sequence;
  }
  if (out.refusal == Refusal::none) {
    show(transaction.site(), out.application);
    show_place(parts, shard, transaction.site(), out.application, out.rests_on);
  } else if (!out.until) {
    out.until = lasts_until(transaction.site(), out.refusal);
  }
}

// The same for what only somebody who works may do: whoever does not is admitted first, if there is
// room, or else waits.
template <class Decide>
void on_worker(Engine::Parts& parts, const Who& who, Outcome& out, Decide&& decide) {
  // Twice, since what was true before the locks were let go may have changed.
  for (int attempt = 0; attempt < 2; ++attempt) {
    on_application(parts, who, out, [&](Transaction& transaction) {
      return transaction.waits_at_door() ? Refusal::waiting : decide(transaction);
    });
    if (out.refusal != Refusal::waiting) {
      return;
    }
    const AtDoor door = knock(parts, {who.owner, who.vehicle, out.hint});
    check(door.refusal != Refusal::waiting || door.place, "who is told to wait has a place");
    out.refusal = door.refusal;
    out.rests_on = std::max(out.rests_on, door.rests_on);
    out.place = door.place;
    if (door.refusal == Refusal::overloaded) {
      out.retry_in = kOverloadedRetry;
    }
    if (door.refusal == Refusal::waiting || door.refusal == Refusal::overloaded) {
      return;
    }
  }
}

// A wrong code is told, so it is counted; a rehearsal counts none. Returns the refusal.
Refusal count_miss(Transaction& transaction, Refusal refusal) {
  if (refusal == Refusal::wrong_code && !transaction.rehearses()) {
    const ApplicationSite site = transaction.site();
    transaction.add(CodeMissed{reference_of(site), site.office.day_at(site.now.civil)});
  }
  return refusal;
}

// Whether the code that leaves is the first one of an owner who was admitted.
bool begins_to_act(const Shard& shard, uint32_t vehicle, CodePurpose purpose) {
  const Vehicle& v = shard.roster().vehicle(vehicle);
  const Standing standing = shard.standings().find(v.owner, v.pool.office);
  return purpose == CodePurpose::verify && standing.stage == Stage::admitted && !standing.code_left;
}

// A draw that is prepared, and where its vehicle was found.
struct DrawAhead {
  PreparedDraw prepared;
  uint32_t vehicle = kNoIndex;
};

// Computes the random stream of a draw that is likely to be decided, before the locks that decide
// it. Meanwhile the cache brings what deciding will touch: that hides a good part of both.
void prepare(Engine::Parts& parts, const Draw& command, DrawAhead& ahead) {
  std::optional<Pool::Secret> secret;
  FreeSet::Outline free;
  std::size_t batch_size = 0;
  const Owner* owner = nullptr;
  PreparedDraw& prepared = ahead.prepared;
  prepared.stream.reset();
  {
    const Hold<Shard> shard(parts.state.shard_of(command.who.owner));
    const Roster& roster = shard->roster();
    ahead.vehicle = roster.find_vehicle(command.who.vehicle, command.who.hint);
    if (ahead.vehicle == kNoIndex) {
      return;
    }
    const Vehicle& v = roster.vehicle(ahead.vehicle);
    Guarded<Pool>* const guarded = parts.state.pool(v.pool);
    if (guarded == nullptr || command.draw != v.application.draw + 1U) {
      return;
    }
    roster.prefetch(v);
    owner = &roster.owner(v.owner);
    prepared.application = v.application.number;
    prepared.draw = command.draw;
    batch_size = parts.state.office_of(v).settings.batch_size;
    check(batch_size > 0 && batch_size <= kBatchSizeMax, "a batch has its limit");
    const Hold<Pool> pool(*guarded);
    check(pool->key() == v.pool, "a pool stands under its key");
    if (const Pool::Secret* const current = pool->secret()) {
      secret = *current;
    }
    free = pool->free().outline();
  }
  if (secret) {
    check(owner != nullptr, "a draw is prepared for an owner");
    prepared.period = secret->period;
    const DrawStream& stream =
        prepared.stream.emplace(secret->bytes, command.who.owner, command.who.vehicle,
                                prepared.application, prepared.draw, batch_size);
    Roster::prefetch_id(*owner);
    free.prefetch(stream.first_words(batch_size), command.without4);
  }
}

// Decides on the draw, its pool locked as soon as the pool has a say.
Refusal draw_from(Transaction& transaction, const Draw& command, PreparedDraw& prepared,
                  Outcome& out) {
  const ApplicationSite site = transaction.site();
  if (const auto said = decide_draw_without_pool(site, command, transaction.has_pool())) {
    return *said;
  }
  const Pool& pool = transaction.pool();
  const DrawLists lists{transaction.picks(), transaction.list(), transaction.list()};
  const Decision<Drawn> decision = decide_draw(site, command, pool, prepared, lists);
  check(!decision.event || decision.event->draw == site.application().draw + 1U,
        "draws count upward");
  out.retry_in = decision.retry_in;
  return transaction.take(decision);
}

}  // namespace

Engine::Engine(const EngineOptions& options, EventSink& sink, TickSource& ticks)
    : parts_(std::make_unique<Parts>(options, sink, ticks)) {
  check(parts_->state.shards().size() == options.shards, "every shard is there");
  check(sodium_init() >= 0, "libsodium starts, and with it its fastest code");
}

Engine::~Engine() = default;

void Engine::enter(const Who& who, Outcome& out) {
  clear(out);
  on_application(*parts_, who, out, [](Transaction& transaction) {
    const Refusal refusal = entry_refusal_of(transaction.site());
    if (refusal == Refusal::none) {
      transaction.watch();
    }
    return refusal;
  });
}

void Engine::look(const Who& who, Outcome& out) {
  clear(out);
  on_application(
      *parts_, who, out, [](Transaction&) { return Refusal::none; }, Asker::server);
  check(!out.changed, "a look changes nothing but what was due");
}

void Engine::submit(const Submit& command, Outcome& out) {
  clear(out);
  on_application(*parts_, command.who, out, [&](Transaction& transaction) {
    const Refusal refusal = transaction.take(decide_submit(transaction.site(), command));
    check(refusal != Refusal::none || transaction.site().application().step != Step::submit,
          "who has submitted is past the terms");
    return count_miss(transaction, refusal);
  });
}

void Engine::verify(const Verify& command, Outcome& out) {
  clear(out);
  on_worker(*parts_, command.who, out, [&](Transaction& transaction) {
    const Refusal refusal = transaction.take(decide_verify(transaction.site(), command));
    const Step step = transaction.site().application().step;
    check(refusal != Refusal::none || (step != Step::submit && step != Step::notice),
          "who is verified may pick, or has picked");
    return count_miss(transaction, refusal);
  });
}

void Engine::shortlist(const ShortlistPlate& command, Outcome& out) {
  clear(out);
  on_application(*parts_, command.who, out, [&](Transaction& transaction) {
    const Refusal refusal = transaction.take(decide_shortlist(transaction.site(), command));
    const Holds* const holds = transaction.site().holds;
    check(refusal != Refusal::none || (holds != nullptr && holds->shortlist_live &&
                                       holds->shortlist.contains(command.plate.number)),
          "a plate that was shortlisted is on the shortlist");
    return refusal;
  });
}

void Engine::confirm(const ConfirmPlate& command, Outcome& out) {
  clear(out);
  on_application(*parts_, command.who, out, [&](Transaction& transaction) {
    const Refusal refusal = transaction.take(
        decide_confirm(transaction.site(), command, transaction.entropy(), transaction.list()));
    check(refusal != Refusal::none || transaction.site().reservation.plate == command.plate.number,
          "a plate that was confirmed is reserved");
    return refusal;
  });
}

void Engine::draw(const Draw& command, Outcome& out) {
  clear(out);
  DrawAhead ahead;
  // The day, and with it the secret, may change between preparing and deciding: then once more.
  for (int attempt = 0; attempt < 2; ++attempt) {
    out.retry_in.reset();
    if (!command.repeats_only) {
      prepare(*parts_, command, ahead);
    }
    on_application(
        *parts_, {command.who.owner, command.who.vehicle, ahead.vehicle}, out,
        [&](Transaction& transaction) {
          const Refusal refusal = draw_from(transaction, command, ahead.prepared, out);
          check(refusal != Refusal::none || transaction.site().application().draw == command.draw,
                "a draw that was made is the latest one");
          return refusal;
        });
    if (out.refusal != Refusal::overloaded) {
      return;
    }
    check(!out.changed, "an overloaded draw changes nothing");
  }
}

void Engine::vehicles(std::string_view owner, std::string_view after, VehiclesPage& out) {
  out.vehicles.clear();
  out.next.reset();
  out.key = 0;
  out.sealed.clear();
  const Hold<Shard> shard(parts_->state.shard_of(owner));
  out.rests_on = parts_->sink.last();
  const Roster& roster = shard->roster();
  const uint32_t index = roster.find_owner(owner);
  if (index == kNoIndex) {
    return;
  }
  note_sign_of_life(*parts_, shard, index, parts_->ticks.now().tick);
  const Owner& its_owner = roster.owner(index);
  out.key = its_owner.details().key;
  out.sealed = its_owner.details().sealed;
  const std::span<const uint32_t> list = roster.vehicles_of(its_owner);
  auto next = std::upper_bound(
      list.begin(), list.end(), after,
      [&](std::string_view wanted, uint32_t v) { return wanted < roster.vehicle(v).id.view(); });
  for (; next != list.end() && out.vehicles.size() < kVehiclesPerPage; ++next) {
    const Vehicle& v = roster.vehicle(*next);
    check(v.owner == index && v.id.view() > after, "a page holds what was asked for");
    out.vehicles.push_back({v.id, v.pool, v.plate, v.application.step});
  }
  if (next != list.end()) {
    check(!out.vehicles.empty(), "a page that has a next one is full");
    out.next = out.vehicles.back().vehicle;
  }
}

void Engine::request_code(const Who& who, CodePurpose purpose, CodeRequest& out) {
  out = CodeRequest{};
  Outcome outcome;
  const auto decide = [&](Transaction& transaction) {
    return decide_code(transaction.site(), purpose, out);
  };
  if (purpose == CodePurpose::verify) {
    on_worker(*parts_, who, outcome, decide);
  } else {
    on_application(*parts_, who, outcome, decide);
  }
  check(!outcome.changed, "asking for a code changes nothing");
  out.refusal = outcome.refusal;
  out.rests_on = outcome.rests_on;
  out.until = outcome.until;
  out.place = outcome.place;
  out.settled_first = outcome.settled_first;
  out.settled = std::move(outcome.settled);
}

Engine::Counted Engine::code_leaves(const Who& who, CodePurpose purpose, uint32_t application) {
  const LogRoom room(parts_->sink, EventSink::For::command);
  if (!room.here()) {
    return {false, parts_->sink.last()};
  }
  const Hold<Shard> shard(parts_->state.shard_of(who.owner));
  Outcome found;
  if (find_own_vehicle(shard->roster(), who, found) != Refusal::none ||
      shard->roster().vehicle(found.hint).application.number != application) {
    return {false, parts_->sink.last()};
  }
  if (parts_->state.surroundings().rehearsal && !begins_to_act(*shard, found.hint, purpose)) {
    return {true, parts_->sink.last()};  // a rehearsal counts no codes
  }
  Transaction transaction(*parts_, shard, found.hint, parts_->ticks.now());
  const ApplicationSite site = transaction.site();
  transaction.add(CodeSent{reference_of(site), purpose, site.office.day_at(site.now.civil)});
  return {true, transaction.commit()};
}

void Engine::each_code_count(const std::function<void(const CodeCount&)>& show) {
  for (const auto& guarded : parts_->state.shards()) {
    const Hold<Shard> shard(*guarded);
    shard->each_code_count(show);
  }
}

bool Engine::has_owner(std::string_view owner) {
  const Hold<Shard> shard(parts_->state.shard_of(owner));
  return shard->roster().find_owner(owner) != kNoIndex;
}

void Engine::apply(std::span<const Record> records) { parts_->state.apply(records); }

void Engine::apply(const Record& record) { apply(std::span(&record, 1)); }

Sequence Engine::applied() const { return parts_->state.applied(); }

Now Engine::last_now() const { return parts_->state.last_now(); }

}  // namespace plated
