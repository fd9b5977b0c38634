#include "engine/application.h"

#include <algorithm>

#include "engine/check.h"

namespace plated {
namespace {

// The reminder goes out at this time of the day before the deadline.
constexpr Millis kReminderAfterMidnight{9 * 3'600'000};

bool finished(Step step) {
  return step == Step::done || step == Step::issued || step == Step::lapsed;
}

bool batch_over(const ApplicationSite& site) {
  return site.holds->batch_live && site.office_now() >= site.holds->batch_deadline;
}

bool shortlist_over(const ApplicationSite& site) {
  return site.holds->shortlist_live && site.office_now() >= site.holds->shortlist_deadline;
}

// The tick after which the reservation lapses; kNever while its last day has not ended.
OfficeTick lapse_due(const ApplicationSite& site) {
  return site.office.grace_over(site.reservation.deadline);
}

OfficeTick reminder_due(const ApplicationSite& site) {
  if (site.application().reminded) {
    return kNever;
  }
  const OfficeTick began = site.office.began(site.reservation.deadline - std::chrono::days(1));
  return began == kNever ? kNever : began + kReminderAfterMidnight;
}

Due due_in_pick(const ApplicationSite& site) {
  const Application& application = site.application();
  if (site.holds != nullptr) {
    if (application.forfeit && site.holds->any()) {
      return Due::forfeit;
    }
    if (batch_over(site)) {
      return Due::batch_expiry;
    }
    if (shortlist_over(site)) {
      return Due::shortlist_expiry;
    }
    if (site.holds->batch_live || site.holds->shortlist_live) {
      return Due::nothing;
    }
    if (application.draws_left == 0) {
      check(site.holds->fallback_held, "a used-up application has its fallback");
      return Due::auto_confirm;
    }
  }
  return site.office_now() >= application.verified_until ? Due::verification_end : Due::nothing;
}

Due due_in_done(const ApplicationSite& site) {
  if (!site.lapses_suspended && site.office_now() >= lapse_due(site)) {
    return Due::lapse;
  }
  return site.office_now() >= reminder_due(site) ? Due::reminder : Due::nothing;
}

}  // namespace

Due due_of(const ApplicationSite& site) {
  switch (site.application().step) {
    case Step::pick:
      return due_in_pick(site);
    case Step::done:
      return due_in_done(site);
    case Step::lapsed:
      return site.blacklisted() ? Due::nothing : Due::next_application;
    case Step::submit:
    case Step::notice:
    case Step::issued:
      return Due::nothing;
  }
  return Due::nothing;
}

Waits waits_of(const ApplicationSite& site) {
  const Application& application = site.application();
  Waits waits;
  if (application.step == Step::pick) {
    const Holds* holds = site.holds;
    if (holds != nullptr && holds->any()) {
      if (application.forfeit || !(holds->batch_live || holds->shortlist_live)) {
        waits.until = site.office_now();
      } else {
        waits.until = holds->batch_live ? holds->batch_deadline : holds->shortlist_deadline;
      }
    } else {
      waits.until = application.verified_until;
    }
  } else if (application.step == Step::done) {
    const OfficeTick lapse = lapse_due(site);
    const OfficeTick reminder = reminder_due(site);
    waits.until = std::min(lapse, reminder);
    if (reminder == kNever && !application.reminded) {
      waits.for_day = site.reservation.deadline - std::chrono::days(1);
    } else if (lapse == kNever) {  // also while the reminder's hour is still to come
      waits.for_day = site.reservation.deadline + std::chrono::days(1);
    }
  }
  return waits;
}

Refusal refusal_of(const ApplicationSite& site, const Needs& needs) {
  const OfficeState state = site.office.state();
  if (state == OfficeState::maintenance) {
    return Refusal::maintenance;
  }
  if (site.blacklisted()) {
    return Refusal::blacklisted;
  }
  if (site.application().step != needs.step) {
    return Refusal::wrong_step;
  }
  if (state == OfficeState::paused) {
    return Refusal::paused;
  }
  return needs.open && state == OfficeState::closed ? Refusal::not_open : Refusal::none;
}

Refusal entry_refusal_of(const ApplicationSite& site) {
  if (finished(site.application().step)) {
    return Refusal::none;
  }
  if (site.office.state() == OfficeState::maintenance) {
    return Refusal::maintenance;
  }
  return site.blacklisted() ? Refusal::blacklisted : Refusal::none;
}

std::optional<CivilTime> lasts_until(const ApplicationSite& site, Refusal refusal) {
  if (refusal == Refusal::blacklisted) {
    return site.owner.blacklisted_until;
  }
  if (refusal == Refusal::not_open) {
    return site.office.opens_at();
  }
  return std::nullopt;
}

Day deadline_of_confirmation(const ApplicationSite& site) {
  const Office& office = site.office;
  return deadline_after(office.calendar, office.day_at(site.now.civil),
                        static_cast<int>(office.settings.validity_days));
}

CivilTime blacklisting_until(const ApplicationSite& site) {
  const auto years = static_cast<int>(site.office.settings.blacklist_years);
  return years == 0 ? CivilTime{} : add_years(site.now.civil, years, site.office.utc_offset);
}

void show(const ApplicationSite& site, ApplicationView& view) {
  const Application& application = site.application();
  const OfficeTick now = site.office_now();
  view.vehicle = site.vehicle.id;
  view.pool = site.vehicle.pool;
  view.step = application.step;
  view.office_state = site.office.state();
  view.number = application.number;
  view.version = site.version();
  view.draws_left = application.draws_left;
  view.draw = application.draw;
  view.at = site.now.civil;
  view.terms.assign(site.office.settings.terms);
  view.office_name.assign(site.office.name);
  view.blacklist_years = site.office.settings.blacklist_years;
  view.opens_at = site.office.opens_at();
  view.deadline_if_confirmed.reset();
  view.batch.clear();
  view.shortlist.clear();
  view.fallback = kNoPlate;
  view.verified_in.reset();
  view.blacklisted_until.reset();
  view.place.reset();
  view.admitted_within.reset();
  view.reservation = {};
  if (site.blacklisted()) {
    view.blacklisted_until = site.owner.blacklisted_until;
  }
  if (application.step == Step::pick) {
    OfficeTick verified_until = application.verified_until;
    if (const Holds* holds = site.holds; holds != nullptr && holds->any() && !application.forfeit) {
      if (holds->batch_live) {
        view.batch.assign(holds->batch.view().begin(), holds->batch.view().end());
        view.batch_expires_in = holds->batch_deadline - now;
        verified_until = std::max(verified_until, holds->batch_deadline);
      }
      if (holds->shortlist_live) {
        view.shortlist.assign(holds->shortlist.view().begin(), holds->shortlist.view().end());
        view.shortlist_expires_in = holds->shortlist_deadline - now;
        verified_until = std::max(verified_until, holds->shortlist_deadline);
      }
      if (application.draws_left == 0) {
        view.fallback = holds->batch.front();
      }
    }
    view.verified_in = verified_until - now;
    view.deadline_if_confirmed = deadline_of_confirmation(site);
  }
  if (application.step == Step::done || application.step == Step::issued) {
    const Reservation& reservation = site.reservation;
    view.reservation = {reservation.plate, reservation.deadline, reservation.automatic,
                        reservation.voucher, reservation.sequence};
  }
}

void list_holds(const Holds& holds, PlateNumber keep, std::vector<PlateNumber>& out) {
  out.clear();
  const auto free_unless_kept = [&](PlateNumber plate) {
    if (plate != keep) {
      out.push_back(plate);
    }
  };
  if (holds.batch_live) {
    for (const PlateNumber plate : holds.batch.view()) {
      if (!(holds.shortlist_live && plate == holds.picked)) {
        free_unless_kept(plate);
      }
    }
  } else if (holds.fallback_held) {
    free_unless_kept(holds.batch.front());
  }
  if (holds.shortlist_live) {
    for (const PlateNumber plate : holds.shortlist.view()) {
      free_unless_kept(plate);
    }
  }
}

void list_batch_expiry(const Application& application, const Holds& holds,
                       std::vector<PlateNumber>& out) {
  out.clear();
  for (const PlateNumber plate : holds.batch.view()) {
    const bool shortlisted = holds.shortlist_live && plate == holds.picked;
    const bool fallback = plate == holds.batch.front() && application.draws_left == 0;
    if (!shortlisted && !fallback) {
      out.push_back(plate);
    }
  }
}

void list_shortlist_expiry(const Application& application, const Holds& holds,
                           std::vector<PlateNumber>& out) {
  check(!holds.batch_live, "a shortlist outlives its batch");
  out.clear();
  for (const PlateNumber plate : holds.shortlist.view()) {
    if (application.draws_left > 0 || plate != holds.batch.front()) {
      out.push_back(plate);
    }
  }
}

OfficeTick countdown(const ApplicationSite& site, Millis hold) {
  return site.office_now() + hold * site.owner.countdown_times;
}

OfficeTick shortlist_countdown(const ApplicationSite& site, OfficeTick batch_deadline) {
  return std::max(countdown(site, site.office.settings.shortlist_hold), batch_deadline);
}

}  // namespace plated
