// The naive twin's applications: what step they are at, what is due of them, and settling it.
#include <algorithm>

#include "tests/model/naive_engine.h"

namespace plated {

// --- What an application is ---

Step NaiveEngine::step_of(const Application& a) {
  if (a.issued) {
    return Step::issued;
  }
  if (a.lapsed) {
    return Step::lapsed;
  }
  if (a.reserved != kNoPlate) {
    return Step::done;
  }
  if (a.verified_until) {
    return Step::pick;
  }
  return a.submitted ? Step::notice : Step::submit;
}

// Whether a hold is live. The fallback alone never is: it is confirmed as soon as it is alone.
bool NaiveEngine::holds(const Application& a) { return a.batch_deadline || a.shortlist_deadline; }

bool NaiveEngine::on_shortlist(const Application& a, PlateNumber plate) {
  return std::any_of(a.shortlist.begin(), a.shortlist.end(),
                     [&](const Shortlisted& s) { return s.plate == plate; });
}

bool NaiveEngine::in_last_batch(const Application& a, PlateNumber plate) {
  return std::find(a.last_batch.begin(), a.last_batch.end(), plate) != a.last_batch.end();
}

NaiveEngine::Face NaiveEngine::face(const std::string& vehicle) const {
  const Application& a = vehicles_.at(vehicle).application;
  Face face;
  face.step = step_of(a);
  face.number = a.number;
  face.draws_left = a.draws_left;
  face.draw = a.draw;
  if (a.batch_deadline) {
    face.batch = a.last_batch;
    face.batch_deadline = *a.batch_deadline;
  }
  if (a.shortlist_deadline) {
    for (const Shortlisted& s : a.shortlist) {
      face.shortlist.push_back(s.plate);
    }
    face.shortlist_deadline = *a.shortlist_deadline;
  }
  face.fallback = a.fallback;
  if (face.step == Step::pick) {
    face.verified_until = std::max({*a.verified_until, a.batch_deadline.value_or(OfficeTick{}),
                                    a.shortlist_deadline.value_or(OfficeTick{})});
  }
  face.reserved = a.reserved;
  face.deadline = a.deadline;
  face.automatic = a.automatic;
  face.blacklisted_until = owners_.at(vehicles_.at(vehicle).owner).blacklisted_until;
  face.office_changes = office_of(vehicles_.at(vehicle)).changes;
  return face;
}

// --- What is due ---

std::optional<OfficeTick> NaiveEngine::DueSince::first() const {
  std::optional<OfficeTick> least;
  for (const auto& since : {forfeit, batch, shortlist, auto_confirm, verification, lapse, next}) {
    if (since && (!least || *since < *least)) {
      least = since;
    }
  }
  return least;
}

std::optional<OfficeTick> NaiveEngine::lapses_at(const NaiveVehicle& vehicle) const {
  const NaiveOffice& office = office_of(vehicle);
  const auto ended = office.days.upper_bound(vehicle.application.deadline);
  if (step_of(vehicle.application) != Step::done || ended == office.days.end()) {
    return std::nullopt;
  }
  return ended->second + office.settings.lapse_grace;
}

NaiveEngine::DueSince NaiveEngine::due_since(const NaiveVehicle& vehicle) const {
  const Application& a = vehicle.application;
  const OfficeTick now = office_of(vehicle).now;
  DueSince due;
  if (a.forfeits) {
    due.forfeit = now;
  }
  if (a.batch_deadline && *a.batch_deadline <= now) {
    due.batch = a.batch_deadline;
  }
  if (a.shortlist_deadline && *a.shortlist_deadline <= now) {
    due.shortlist = a.shortlist_deadline;
  }
  if (a.fallback != kNoPlate && !holds(a)) {
    due.auto_confirm = now;
  }
  if (step_of(a) == Step::pick && !holds(a) && *a.verified_until <= now) {
    due.verification = a.verified_until;
  }
  if (const auto at = lapses_at(vehicle); at && *at <= now) {
    due.lapse = at;
  }
  if (a.lapsed && !blacklisted(vehicle.owner)) {
    due.next = now;
  }
  return due;
}

bool NaiveEngine::due(const std::string& vehicle) const {
  return due_since(vehicles_.at(vehicle)).first().has_value();
}

bool NaiveEngine::settle(const std::string& vehicle) {
  bool changed = false;
  for (;;) {
    const DueSince due = due_since(vehicles_.at(vehicle));
    if (!due.first()) {
      return changed;
    }
    settle_one(vehicle, due);
    changed = true;
  }
}

void NaiveEngine::settle_one(const std::string& id, const DueSince& due) {
  NaiveVehicle& vehicle = vehicles_.at(id);
  Application& a = vehicle.application;
  if (due.forfeit) {
    release_all_but(id, kNoPlate);
    a.draws_left = std::max(a.draws_left, 1U);
    a.forfeits = false;
  } else if (due.batch) {
    for (const PlateNumber plate : a.last_batch) {
      if (!on_shortlist(a, plate) && plate != a.fallback) {
        release(id, plate);
      }
    }
    a.batch_deadline.reset();
  } else if (due.shortlist) {
    for (const Shortlisted& s : a.shortlist) {
      if (s.plate != a.fallback) {
        release(id, s.plate);
      }
    }
    end_shortlist(a);
  } else if (due.auto_confirm) {
    reserve(id, a.fallback, true);
  } else if (due.verification) {
    a.verified_until.reset();
  } else if (due.lapse) {
    start_return({vehicle.pool, a.reserved});
    a = Application{
        .number = a.number, .submitted = true, .draws_left = a.draws_left, .draw = a.draw};
    a.lapsed = true;  // nothing is confirmed any more: only the way here is kept
    put_on_blacklist(vehicle.owner, blacklist_end(office_of(vehicle)));
  } else {
    a = Application{.number = a.number + 1};
  }
}

}  // namespace plated
