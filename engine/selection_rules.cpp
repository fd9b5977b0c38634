#include "engine/selection_rules.h"

#include <algorithm>

#include "engine/check.h"

namespace plated {
namespace {

constexpr Millis kRetryLeast{1000};
constexpr Millis kRetryUnprepared{1000};

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
    case CodeVerdict::too_soon:
      return Refusal::too_soon;
  }
  return Refusal::wrong_code;
}

// A number that no plate of another pool has: such a plate is in no batch and on no shortlist here.
PlateNumber number_in(const PoolKey& pool, const Plate& plate) {
  return plate.pool == pool ? plate.number : kNoPlate;
}

// The refusal of a draw for which not one plate is free: are there none, or none at the moment?
Decision<Drawn> refuse_draw(const Pool& pool, const Settings& settings, bool without4) {
  if (pool.coming_back(without4) == 0) {
    return {Refusal::pool_empty};
  }
  return {Refusal::all_held, {}, std::max(kRetryLeast, settings.batch_hold / 4)};
}

// The last batch's plates, but for the one on the shortlist: those that fill up the new batch, and
// those that become free.
void divide_last_batch(const ApplicationSite& site, const Pool& pool, bool without4,
                       std::size_t taken, const DrawLists& lists) {
  if (site.holds == nullptr || !site.holds->batch_live) {
    return;
  }
  for (const PlateNumber plate : site.holds->batch.view()) {
    if (site.holds->shortlist_live && plate == site.holds->picked) {
      continue;
    }
    const bool matches = !without4 || !pool.has_four(plate);
    const bool room = taken + lists.kept.size() < site.office.settings.batch_size;
    (matches && room ? lists.kept : lists.released).push_back(plate);
  }
}

// `plate` reserved, every other hold free.
Confirmed confirmed(const ApplicationSite& site, PlateNumber plate, bool automatic,
                    Entropy& entropy, std::vector<PlateNumber>& released) {
  check(site.holds != nullptr, "what is confirmed is held");
  list_holds(*site.holds, plate, released);
  return {
      reference_of(site),     site.vehicle.pool, plate, automatic, deadline_of_confirmation(site),
      entropy.voucher_code(), released};
}

}  // namespace

ApplicationRef reference_of(const ApplicationSite& site) {
  return {site.owner.id(), site.vehicle.id.view(), site.application().number};
}

Decision<Submitted> decide_submit(const ApplicationSite& site, const Submit& command) {
  if (site.application().step != Step::submit) {
    return {};
  }
  if (const Refusal refusal = refusal_of(site, {.step = Step::submit}); refusal != Refusal::none) {
    return {refusal};
  }
  const Settings& settings = site.office.settings;
  if (command.terms != settings.terms) {
    return {Refusal::terms_outdated};
  }
  if (command.code != CodeVerdict::right) {
    return {refusal_of(command.code)};
  }
  return {Refusal::none, Submitted{reference_of(site), settings.draws, settings.terms}};
}

Decision<Verified> decide_verify(const ApplicationSite& site, const Verify& command) {
  const Step step = site.application().step;
  if (step != Step::submit && step != Step::notice) {
    return {};
  }
  const Refusal refusal = refusal_of(site, {.step = Step::notice, .open = true});
  if (refusal != Refusal::none) {
    return {refusal};
  }
  if (command.code != CodeVerdict::right) {
    return {refusal_of(command.code)};
  }
  return {Refusal::none,
          Verified{reference_of(site), countdown(site, site.office.settings.verified_for)}};
}

std::optional<Refusal> decide_draw_without_pool(const ApplicationSite& site, const Draw& command,
                                                bool has_pool) {
  const Application& application = site.application();
  if (application.draw > 0 && command.draw == application.draw) {
    return Refusal::none;
  }
  if (command.repeats_only) {
    return Refusal::too_soon;
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
  return has_pool ? std::nullopt : std::optional(Refusal::pool_empty);
}

Decision<Drawn> decide_draw(const ApplicationSite& site, const Draw& command, const Pool& pool,
                            PreparedDraw& prepared, const DrawLists& lists) {
  const Application& application = site.application();
  if (!prepared.stream || prepared.application != application.number || pool.secret() == nullptr ||
      pool.secret()->period != prepared.period) {
    return {Refusal::overloaded, {}, kRetryUnprepared};
  }
  const Settings& settings = site.office.settings;
  const std::size_t taken =
      pool.free().pick(*prepared.stream, settings.batch_size, command.without4, lists.picks);
  if (taken == 0) {
    return refuse_draw(pool, settings, command.without4);
  }
  divide_last_batch(site, pool, command.without4, taken, lists);
  const OfficeTick batch_deadline = countdown(site, settings.batch_hold);
  const bool shortlist_live = site.holds != nullptr && site.holds->shortlist_live;
  return {Refusal::none,
          Drawn{.application = reference_of(site),
                .pool = pool.key(),
                .period = prepared.period,
                .draw = command.draw,
                .without4 = command.without4,
                .taken = std::span(lists.picks.data(), taken),
                .kept = lists.kept,
                .released = lists.released,
                .batch_deadline = batch_deadline,
                .shortlist_deadline =
                    shortlist_live ? shortlist_countdown(site, batch_deadline) : kNever,
                .verified_until = countdown(site, settings.verified_for)}};
}

Decision<Shortlisted> decide_shortlist(const ApplicationSite& site, const ShortlistPlate& command) {
  const PlateNumber plate = number_in(site.vehicle.pool, command.plate);
  const Holds* const holds = site.holds;
  if (holds != nullptr && holds->shortlist_live && holds->shortlist.contains(plate)) {
    return {};
  }
  if (const Refusal refusal = refusal_of(site, {.step = Step::pick}); refusal != Refusal::none) {
    return {refusal};
  }
  if (holds == nullptr || !holds->batch.contains(plate)) {
    return {Refusal::not_in_batch};
  }
  if (!holds->batch_live) {
    return {Refusal::expired};
  }
  const bool swaps = holds->shortlist_live && holds->picked != kNoPlate;
  return {Refusal::none, Shortlisted{reference_of(site), site.vehicle.pool, plate,
                                     swaps ? holds->picked : kNoPlate,
                                     shortlist_countdown(site, holds->batch_deadline),
                                     countdown(site, site.office.settings.verified_for)}};
}

Decision<Confirmed> decide_confirm(const ApplicationSite& site, const ConfirmPlate& command,
                                   Entropy& entropy, std::vector<PlateNumber>& released) {
  const PlateNumber plate = number_in(site.vehicle.pool, command.plate);
  const Step step = site.application().step;
  if (plate != kNoPlate && plate == site.reservation.plate) {
    return {};
  }
  if (command.repeats_only) {
    return {Refusal::too_soon};
  }
  const Refusal refusal = refusal_of(site, {.step = Step::pick});
  if (refusal == Refusal::wrong_step && step != Step::submit && step != Step::notice) {
    return {Refusal::already_confirmed};
  }
  if (refusal != Refusal::none) {
    return {refusal};
  }
  if (site.holds == nullptr || !site.holds->shortlist.contains(plate)) {
    return {Refusal::not_on_shortlist};
  }
  if (!site.holds->shortlist_live) {
    return {Refusal::expired};
  }
  return {Refusal::none, confirmed(site, plate, false, entropy, released)};
}

Refusal decide_code(const ApplicationSite& site, CodePurpose purpose, CodeRequest& out) {
  const Settings& settings = site.office.settings;
  out.application = site.application().number;
  out.office = site.office.code;
  out.codes_per_phone = site.owner.kind == OwnerKind::person
                            ? settings.codes_per_phone
                            : settings.codes_per_organisation_phone;
  out.now = site.office_now();
  out.tick = site.now.tick;
  out.today = site.office.day_at(site.now.civil);
  out.key = site.owner.details().key;
  out.sealed = site.owner.details().sealed;
  return purpose == CodePurpose::submit ? refusal_of(site, {.step = Step::submit})
                                        : refusal_of(site, {.step = Step::notice, .open = true});
}

Event decide_due(const ApplicationSite& site, Due due, Entropy& entropy,
                 std::vector<PlateNumber>& released) {
  const Application& application = site.application();
  const ApplicationRef reference = reference_of(site);
  const PoolKey pool = site.vehicle.pool;
  switch (due) {
    case Due::nothing:
      break;
    case Due::forfeit:
      list_holds(*site.holds, kNoPlate, released);
      return HoldsForfeited{reference, pool, released,
                            std::max<uint32_t>(application.draws_left, 1)};
    case Due::batch_expiry:
      list_batch_expiry(application, *site.holds, released);
      return BatchExpired{reference, pool, released};
    case Due::shortlist_expiry:
      list_shortlist_expiry(application, *site.holds, released);
      return ShortlistExpired{reference, pool, released};
    case Due::auto_confirm:
      return confirmed(site, site.holds->batch.front(), true, entropy, released);
    case Due::verification_end:
      return VerificationEnded{reference};
    case Due::lapse: {
      const Millis wait = entropy.up_to(site.office.settings.return_window);
      return Lapsed{reference, pool, site.reservation.plate, site.office_now() + wait,
                    blacklisting_until(site)};
    }
    case Due::reminder:
      return Reminded{reference, pool, site.reservation.plate, site.reservation.deadline};
    case Due::next_application:
      return ApplicationBegan{reference};
  }
  check(false, "what becomes a fact is due");
  return {};
}

bool waits_for_owner(const ApplicationSite& site) {
  return site.application().step == Step::lapsed;
}

bool return_is_due(const Office& office, OfficeTick returns_at, const Now& now) {
  return !office.stands() && office.at(now.tick) >= returns_at;
}

}  // namespace plated
