// The citizens' commands: find, lock, settle what is due, decide, append, show. The order of
// refusals is that of the rules: vehicle, retry, then refusal_of, then what is particular to the
// command.
#include "engine/engine.h"

#include <sodium.h>

#include <algorithm>
#include <functional>

#include "engine/all_shards.h"
#include "engine/check.h"
#include "engine/draw_stream.h"
#include "engine/log_room.h"
#include "engine/transaction.h"

namespace plated {
namespace {

constexpr Millis kRetryLeast{1000};
constexpr Millis kOverloadedRetry{1000};

void clear(Outcome& out) {
  out.refusal = Refusal::none;
  out.hint = kNoIndex;
  out.changed = false;
  out.settled_first = false;
  out.retry_in.reset();
  out.until.reset();
}

Refusal refusal_of(CodeVerdict verdict) {
  switch (verdict) {
    case CodeVerdict::right:
      return Refusal::none;
    case CodeVerdict::wrong_code:
      return Refusal::wrong_code;
    case CodeVerdict::code_expired:
      return Refusal::code_expired;
    case CodeVerdict::too_many_tries:
      return Refusal::too_many_tries;
  }
  return Refusal::wrong_code;
}

// A number that no plate of another pool has: such a plate is in no batch and on no shortlist here.
PlateNumber number_in(const PoolKey& pool, const Plate& plate) {
  return plate.pool == pool ? plate.number : kNoPlate;
}

// The refusal of a draw for which not one plate is free: are there none, or none at the moment?
Refusal refuse_draw(const Pool& pool, const Settings& settings, bool without4, Outcome& out) {
  if (pool.coming_back(without4) == 0) {
    return Refusal::pool_empty;
  }
  out.retry_in = std::max(kRetryLeast, settings.batch_hold / 4);
  return Refusal::all_held;
}

}  // namespace

struct Engine::PreparedDraw {
  uint32_t vehicle = kNoIndex;  // where it was found
  uint32_t application = 0;
  uint32_t draw = 0;
  Day period{};
  std::optional<DrawStream> stream;
};

Engine::Engine(const EngineOptions& options, EventSink& sink, TickSource& ticks)
    : sink_(sink), ticks_(ticks) {
  check(sodium_init() >= 0, "libsodium starts, and with it its fastest code");
  check(options.shards > 0 && (options.shards & (options.shards - 1)) == 0,
        "the number of shards is a power of two");
  for (uint32_t i = 0; i < options.shards; ++i) {
    shards_.push_back(std::make_unique<ShardCell>(i, surroundings_, options.seed));
  }
}

Engine::~Engine() = default;

Engine::ShardCell& Engine::shard_of(std::string_view owner) {
  // The high bits, which the indexes within a shard do not use.
  const std::size_t hash = std::hash<std::string_view>{}(owner) >> 32;
  return *shards_[hash & (shards_.size() - 1)];
}

Engine::PoolCell* Engine::pool_cell(PoolKey key) {
  const auto found = pools_.find(key);
  return found == pools_.end() ? nullptr : found->second.get();
}

Office* Engine::office_of(OfficeCode code) {
  const auto found = offices_.find(code);
  return found == offices_.end() ? nullptr : found->second.get();
}

const Office& Engine::office_at(const Vehicle& vehicle) {
  const Office* const office = office_of(vehicle.pool.office);
  check(office != nullptr, "a vehicle's office exists");
  return *office;
}

void Engine::keep_times(const Now& now) {
  // Only what is new, so that threads do not take these two from each other at every command.
  const auto keep = [](std::atomic<int64_t>& last, int64_t time) {
    if (last.load(std::memory_order_relaxed) != time) {
      last.store(time, std::memory_order_relaxed);
    }
  };
  keep(last_tick_ms_, now.tick.time_since_epoch().count());
  keep(last_civil_ms_, now.civil.time_since_epoch().count());
}

Now Engine::last_now() const {
  return {Tick(Millis(last_tick_ms_.load(std::memory_order_relaxed))),
          CivilTime(Millis(last_civil_ms_.load(std::memory_order_relaxed)))};
}

// Runs `decide` on the application of `who`, after what is due there, and answers. `decide` returns
// the refusal; it adds its events to the transaction.
template <class Decide>
void Engine::on_application(const Who& who, Outcome& out, Decide&& decide) {
  const LogRoom room(sink_, EventSink::For::command);
  if (!room.here()) {
    out.refusal = Refusal::overloaded;
    out.retry_in = kOverloadedRetry;
    out.rests_on = sink_.last();
    return;
  }
  ShardCell& cell = shard_of(who.owner);
  const std::lock_guard lock(cell.mutex);
  const Roster& roster = cell.shard.roster();
  const uint32_t vehicle = roster.find_vehicle(who.vehicle, who.hint);
  out.hint = vehicle;
  if (vehicle == kNoIndex || roster.owner(roster.vehicle(vehicle).owner).id() != who.owner) {
    out.refusal = Refusal::not_your_vehicle;
    out.rests_on = sink_.last();
    return;
  }
  if (!roster.vehicle(vehicle).eligible) {
    out.refusal = Refusal::not_eligible;
    out.rests_on = sink_.last();
    return;
  }
  const Vehicle& v = roster.vehicle(vehicle);
  Transaction transaction(*this, cell, vehicle, office_at(v), pool_cell(v.pool), ticks_.now());
  settle(transaction);
  const bool settled = !transaction.empty();
  if (settled) {
    out.settled_first = true;
    show(transaction.site(), out.settled);
  }
  const uint32_t version = v.application.version;
  out.refusal = decide(transaction);
  out.rests_on = transaction.commit();
  out.changed = v.application.version != version;
  if (settled && out.settled.reservation.plate != kNoPlate) {
    out.settled.reservation.sequence = roster.reservation(v.application).sequence;
  }
  if (out.refusal == Refusal::none) {
    show(transaction.site(), out.application);
  } else if (!out.until) {
    out.until = lasts_until(transaction.site(), out.refusal);
  }
}

void Engine::enter(const Who& who, Outcome& out) {
  clear(out);
  on_application(who, out, [&](Transaction& transaction) {
    const Refusal refusal = entry_refusal_of(transaction.site());
    if (refusal == Refusal::none) {
      transaction.shard().roster().vehicle(transaction.vehicle()).watched = true;
    }
    return refusal;
  });
}

void Engine::submit(const Submit& command, Outcome& out) {
  clear(out);
  on_application(command.who, out,
                 [&](Transaction& transaction) { return decide_submit(transaction, command); });
}

void Engine::verify(const Verify& command, Outcome& out) {
  clear(out);
  on_application(command.who, out,
                 [&](Transaction& transaction) { return decide_verify(transaction, command); });
}

void Engine::shortlist(const ShortlistPlate& command, Outcome& out) {
  clear(out);
  on_application(command.who, out,
                 [&](Transaction& transaction) { return decide_shortlist(transaction, command); });
}

void Engine::confirm(const ConfirmPlate& command, Outcome& out) {
  clear(out);
  on_application(command.who, out,
                 [&](Transaction& transaction) { return decide_confirm(transaction, command); });
}

void Engine::draw(const Draw& command, Outcome& out) {
  clear(out);
  PreparedDraw prepared;
  // The day, and with it the secret, may change between preparing and deciding: then once more.
  for (int attempt = 0; attempt < 2; ++attempt) {
    out.retry_in.reset();
    prepare(command, prepared);
    const auto decide = [&](Transaction& transaction) {
      return decide_draw(transaction, command, prepared, out);
    };
    on_application({command.who.owner, command.who.vehicle, prepared.vehicle}, out, decide);
    if (out.refusal != Refusal::overloaded) {
      return;
    }
  }
}

// Computes the random stream of a draw that is likely to be decided, before the locks that decide
// it. Meanwhile the cache brings what deciding will touch: that hides a good part of both.
void Engine::prepare(const Draw& command, PreparedDraw& prepared) {
  std::optional<Pool::Secret> secret;
  FreeSet::Outline free;
  std::size_t batch_size = 0;
  const Owner* owner = nullptr;
  prepared.stream.reset();
  {
    ShardCell& cell = shard_of(command.who.owner);
    const std::lock_guard lock(cell.mutex);
    const Roster& roster = cell.shard.roster();
    const uint32_t vehicle = prepared.vehicle =
        roster.find_vehicle(command.who.vehicle, command.who.hint);
    if (vehicle == kNoIndex) {
      return;
    }
    const Vehicle& v = roster.vehicle(vehicle);
    PoolCell* const pool = pool_cell(v.pool);
    if (pool == nullptr || command.draw != v.application.draw + 1U) {
      return;
    }
    roster.prefetch(v);
    owner = &roster.owner(v.owner);
    prepared.application = v.application.number;
    prepared.draw = command.draw;
    batch_size = office_at(v).settings.batch_size;
    const std::lock_guard pool_lock(pool->mutex);
    secret = pool->pool.secret();
    free = pool->pool.free().outline();
  }
  if (secret) {
    prepared.period = secret->period;
    const DrawStream& stream =
        prepared.stream.emplace(secret->bytes, command.who.owner, command.who.vehicle,
                                prepared.application, prepared.draw, batch_size);
    Roster::prefetch_id(*owner);
    free.prefetch(stream.first_words(batch_size), command.without4);
  }
}

Refusal Engine::decide_submit(Transaction& transaction, const Submit& command) {
  const ApplicationSite site = transaction.site();
  if (site.application().step != Step::submit) {
    return Refusal::none;  // a retry
  }
  const Refusal refusal = refusal_of(site, {.step = Step::submit});
  if (refusal != Refusal::none) {
    return refusal;
  }
  if (command.terms != site.office.settings.terms) {
    return Refusal::terms_outdated;
  }
  if (command.code != CodeVerdict::right) {
    return refusal_of(command.code);
  }
  transaction.add(
      Submitted{transaction.reference(), site.office.settings.draws, site.office.settings.terms});
  return Refusal::none;
}

Refusal Engine::decide_verify(Transaction& transaction, const Verify& command) {
  const ApplicationSite site = transaction.site();
  if (site.application().step != Step::submit && site.application().step != Step::notice) {
    return Refusal::none;  // a retry
  }
  const Refusal refusal = refusal_of(site, {.step = Step::notice, .open = true});
  if (refusal != Refusal::none) {
    return refusal;
  }
  if (command.code != CodeVerdict::right) {
    return refusal_of(command.code);
  }
  transaction.add(
      Verified{transaction.reference(), countdown(site, site.office.settings.verified_for)});
  return Refusal::none;
}

Refusal Engine::decide_draw(Transaction& transaction, const Draw& command, PreparedDraw& prepared,
                            Outcome& out) {
  const ApplicationSite site = transaction.site();
  const Application& application = site.application();
  if (application.draw > 0 && command.draw == application.draw) {
    return Refusal::none;  // a retry
  }
  const Refusal refusal = refusal_of(site, {.step = Step::pick, .open = true});
  if (refusal != Refusal::none) {
    return refusal;
  }
  if (command.draw != application.draw + 1U) {
    return Refusal::wrong_draw_number;
  }
  if (application.draws_left == 0 || application.draw == kDrawsEver) {
    return Refusal::no_draws_left;
  }
  if (!transaction.has_pool()) {
    return Refusal::pool_empty;
  }
  Pool& pool = transaction.pool();
  if (!prepared.stream || prepared.application != application.number ||
      !pool.secret().has_value() || pool.secret()->period != prepared.period) {
    out.retry_in = kOverloadedRetry;
    return Refusal::overloaded;
  }
  const Settings& settings = site.office.settings;
  auto& picks = transaction.picks();
  const std::size_t taken =
      pool.free().pick(*prepared.stream, settings.batch_size, command.without4, picks);
  if (taken == 0) {
    return refuse_draw(pool, settings, command.without4, out);
  }
  auto& kept = transaction.list();
  auto& released = transaction.list();
  if (site.holds != nullptr && site.holds->batch_live) {
    for (const PlateNumber plate : site.holds->batch.view()) {
      if (site.holds->shortlist_live && plate == site.holds->picked) {
        continue;
      }
      const bool matches = !command.without4 || !pool.has_four(plate);
      auto& where = matches && taken + kept.size() < settings.batch_size ? kept : released;
      where.push_back(plate);
    }
  }
  const OfficeTick batch_deadline = countdown(site, settings.batch_hold);
  const bool shortlist_live = site.holds != nullptr && site.holds->shortlist_live;
  transaction.add(Drawn{
      .application = transaction.reference(),
      .pool = pool.key(),
      .period = prepared.period,
      .draw = command.draw,
      .without4 = command.without4,
      .taken = std::span(picks.data(), taken),
      .kept = kept,
      .released = released,
      .batch_deadline = batch_deadline,
      .shortlist_deadline = shortlist_live ? shortlist_countdown(site, batch_deadline) : kNever,
      .verified_until = countdown(site, settings.verified_for)});
  return Refusal::none;
}

Refusal Engine::decide_shortlist(Transaction& transaction, const ShortlistPlate& command) {
  const ApplicationSite site = transaction.site();
  const PlateNumber plate = number_in(site.vehicle.pool, command.plate);
  const Holds* const holds = site.holds;
  if (holds != nullptr && holds->shortlist_live && holds->shortlist.contains(plate)) {
    return Refusal::none;  // a retry
  }
  const Refusal refusal = refusal_of(site, {.step = Step::pick});
  if (refusal != Refusal::none) {
    return refusal;
  }
  if (holds == nullptr || !holds->batch.contains(plate)) {
    return Refusal::not_in_batch;
  }
  if (!holds->batch_live) {
    return Refusal::expired;
  }
  const bool swaps = holds->shortlist_live && holds->picked != kNoPlate;
  transaction.add(Shortlisted{transaction.reference(), site.vehicle.pool, plate,
                              swaps ? holds->picked : kNoPlate,
                              shortlist_countdown(site, holds->batch_deadline),
                              countdown(site, site.office.settings.verified_for)});
  return Refusal::none;
}

Refusal Engine::decide_confirm(Transaction& transaction, const ConfirmPlate& command) {
  const ApplicationSite site = transaction.site();
  const PlateNumber plate = number_in(site.vehicle.pool, command.plate);
  const Step step = site.application().step;
  if (plate != kNoPlate && plate == site.reservation.plate) {
    return Refusal::none;  // a retry
  }
  const Refusal refusal = refusal_of(site, {.step = Step::pick});
  if (refusal == Refusal::wrong_step && step != Step::submit && step != Step::notice) {
    return Refusal::already_confirmed;
  }
  if (refusal != Refusal::none) {
    return refusal;
  }
  if (site.holds == nullptr || !site.holds->shortlist.contains(plate)) {
    return Refusal::not_on_shortlist;
  }
  if (!site.holds->shortlist_live) {
    return Refusal::expired;
  }
  confirm_plate(transaction, plate, false);
  return Refusal::none;
}

void Engine::confirm_plate(Transaction& transaction, PlateNumber plate, bool automatic) {
  const ApplicationSite site = transaction.site();
  Pool& pool = transaction.pool();
  auto& released = transaction.list();
  list_holds(*site.holds, plate, released);
  transaction.add(Confirmed{transaction.reference(), pool.key(), plate, automatic,
                            deadline_of_confirmation(site),
                            transaction.shard().entropy().voucher_code(), released});
}

void Engine::vehicles(std::string_view owner, std::string_view after, VehiclesPage& out) {
  out.vehicles.clear();
  out.next.reset();
  ShardCell& cell = shard_of(owner);
  const std::lock_guard lock(cell.mutex);
  out.rests_on = sink_.last();
  const Roster& roster = cell.shard.roster();
  const uint32_t index = roster.find_owner(owner);
  if (index == kNoIndex) {
    return;
  }
  const std::span<const uint32_t> list = roster.vehicles_of(roster.owner(index));
  auto next = std::upper_bound(
      list.begin(), list.end(), after,
      [&](std::string_view wanted, uint32_t v) { return wanted < roster.vehicle(v).id.view(); });
  for (; next != list.end() && out.vehicles.size() < kVehiclesPerPage; ++next) {
    const Vehicle& v = roster.vehicle(*next);
    out.vehicles.push_back({v.id, v.pool, v.plate, v.application.step});
  }
  if (next != list.end()) {
    out.next = out.vehicles.back().vehicle;
  }
}

void Engine::request_code(const Who& who, CodePurpose purpose, CodeRequest& out) {
  out = CodeRequest{};
  Outcome outcome;
  on_application(who, outcome, [&](Transaction& transaction) {
    const ApplicationSite site = transaction.site();
    const Step step = purpose == CodePurpose::submit ? Step::submit : Step::notice;
    out.application = site.application().number;
    out.office = site.office.code;
    out.codes_per_phone = site.owner.kind == OwnerKind::person
                              ? site.office.settings.codes_per_phone
                              : site.office.settings.codes_per_organisation_phone;
    out.now = site.office_now();
    out.today = site.office.day_at(site.now.civil);
    out.key = site.owner.details().key;
    out.sealed = site.owner.details().sealed;
    return refusal_of(site, {.step = step});
  });
  out.refusal = outcome.refusal;
  out.rests_on = outcome.rests_on;
  out.until = outcome.until;
  out.settled_first = outcome.settled_first;
  out.settled = std::move(outcome.settled);
}

bool Engine::has_owner(std::string_view owner) {
  ShardCell& cell = shard_of(owner);
  const std::lock_guard lock(cell.mutex);
  return cell.shard.roster().find_owner(owner) != kNoIndex;
}

}  // namespace plated
