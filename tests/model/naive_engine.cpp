#include "tests/model/naive_engine.h"

#include <algorithm>

namespace plated {
namespace {

Refusal refusal_of(CodeVerdict code) {
  switch (code) {
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

}  // namespace

// --- Requests ---

// The part that all requests have in common before retries: ticket, vehicle, what is due.
Refusal NaiveEngine::begin_request(const Who& who, Answer& answer) {
  const auto found = vehicles_.find(std::string(who.vehicle));
  if (found == vehicles_.end() || found->second.owner != who.owner) {
    return Refusal::not_your_vehicle;
  }
  if (!found->second.eligible) {
    return Refusal::not_eligible;
  }
  answer.settled_first = settle(found->first);
  return Refusal::none;
}

Refusal NaiveEngine::common_refusal(const NaiveVehicle& vehicle, Step needed,
                                    bool needs_open) const {
  const NaiveOffice& office = office_of(vehicle);
  if (office.overlay == Overlay::maintenance) {
    return Refusal::maintenance;
  }
  if (blacklisted(vehicle.owner)) {
    return Refusal::blacklisted;
  }
  if (step_of(vehicle.application) != needed) {
    return Refusal::wrong_step;
  }
  if (office.overlay == Overlay::paused) {
    return Refusal::paused;
  }
  return needs_open && !office.open ? Refusal::not_open : Refusal::none;
}

NaiveEngine::Answer NaiveEngine::enter(const Who& who) {
  Answer answer;
  answer.refusal = begin_request(who, answer);
  if (answer.refusal != Refusal::none) {
    return answer;
  }
  const NaiveVehicle& vehicle = vehicles_.at(std::string(who.vehicle));
  const Step step = step_of(vehicle.application);
  if (step == Step::done || step == Step::issued || step == Step::lapsed) {
    return answer;
  }
  if (office_of(vehicle).overlay == Overlay::maintenance) {
    answer.refusal = Refusal::maintenance;
  } else if (blacklisted(vehicle.owner)) {
    answer.refusal = Refusal::blacklisted;
  }
  return answer;
}

NaiveEngine::Answer NaiveEngine::submit(const Submit& command) {
  Answer answer;
  answer.refusal = begin_request(command.who, answer);
  if (answer.refusal != Refusal::none) {
    return answer;
  }
  NaiveVehicle& vehicle = vehicles_.at(std::string(command.who.vehicle));
  if (vehicle.application.submitted) {
    return answer;
  }
  const NaiveOffice& office = office_of(vehicle);
  answer.refusal = common_refusal(vehicle, Step::submit, false);
  if (answer.refusal == Refusal::none && command.terms != office.settings.terms) {
    answer.refusal = Refusal::terms_outdated;
  }
  if (answer.refusal == Refusal::none) {
    answer.refusal = refusal_of(command.code);
    if (answer.refusal == Refusal::wrong_code) {
      codes_.push_back({std::string(command.who.vehicle), today(), vehicle.application.number, {}});
    }
  }
  if (answer.refusal == Refusal::none) {
    vehicle.application.submitted = true;
    vehicle.application.draws_left = office.settings.draws;
    answer.changed = true;
  }
  return answer;
}

NaiveEngine::Answer NaiveEngine::verify(const Verify& command) {
  Answer answer;
  answer.refusal = begin_request(command.who, answer);
  if (answer.refusal != Refusal::none) {
    return answer;
  }
  NaiveVehicle& vehicle = vehicles_.at(std::string(command.who.vehicle));
  const Step step = step_of(vehicle.application);
  if (step != Step::submit && step != Step::notice) {
    return answer;
  }
  answer.refusal = common_refusal(vehicle, Step::notice, true);
  if (answer.refusal == Refusal::none) {
    answer.refusal = refusal_of(command.code);
    if (answer.refusal == Refusal::wrong_code) {
      codes_.push_back({std::string(command.who.vehicle), today(), vehicle.application.number, {}});
    }
  }
  if (answer.refusal == Refusal::none) {
    renew(vehicle);
    answer.changed = true;
  }
  return answer;
}

Refusal NaiveEngine::draw_refusal(const NaiveVehicle& vehicle, const Draw& command,
                                  const std::vector<PlateNumber>& free) const {
  const Application& a = vehicle.application;
  if (const Refusal common = common_refusal(vehicle, Step::pick, true); common != Refusal::none) {
    return common;
  }
  if (command.draw != a.draw + 1) {
    return Refusal::wrong_draw_number;
  }
  if (a.draws_left == 0) {
    return Refusal::no_draws_left;
  }
  if (!free.empty()) {
    return Refusal::none;
  }
  for (const auto& [number, plate] : pools_.at(vehicle.pool).plates) {
    const bool comes_back = plate.state == PlateState::held || plate.returning;
    if (comes_back && !(command.without4 && has_a_4({vehicle.pool, number}))) {
      return Refusal::all_held;
    }
  }
  return Refusal::pool_empty;
}

// The plates of the live batch, off the shortlist and matching, that fill up a draw.
std::vector<PlateNumber> NaiveEngine::lawful_kept(const NaiveVehicle& vehicle, bool without4,
                                                  std::size_t room) const {
  const Application& a = vehicle.application;
  std::vector<PlateNumber> kept;
  if (a.batch_deadline) {
    for (const PlateNumber plate : a.last_batch) {
      const bool matches = !(without4 && has_a_4({vehicle.pool, plate}));
      if (kept.size() < room && matches && !on_shortlist(a, plate)) {
        kept.push_back(plate);
      }
    }
  }
  return kept;
}

void NaiveEngine::check_drawn(const std::vector<PlateNumber>& free,
                              std::span<const PlateNumber> drawn,
                              const std::vector<PlateNumber>& kept, std::size_t batch_size) {
  const std::size_t taken = std::min(batch_size, free.size());
  if (drawn.size() != taken + kept.size()) {
    complain("a draw of " + std::to_string(drawn.size()) + " plates where " +
             std::to_string(taken) + " are to be taken and " + std::to_string(kept.size()) +
             " kept");
    return;
  }
  const std::set<PlateNumber> lawful(free.begin(), free.end());
  const std::set<PlateNumber> distinct(drawn.begin(), drawn.end());
  if (distinct.size() != drawn.size()) {
    complain("a plate was drawn twice");
  }
  for (std::size_t i = 0; i < drawn.size(); ++i) {
    if (i < taken ? !lawful.contains(drawn[i]) : drawn[i] != kept[i - taken]) {
      complain("place " + std::to_string(i) + " of a draw is not lawful");
    }
  }
}

NaiveEngine::Answer NaiveEngine::draw(const Draw& command, std::span<const PlateNumber> drawn) {
  Answer answer;
  answer.refusal = begin_request(command.who, answer);
  if (answer.refusal != Refusal::none) {
    return answer;
  }
  const std::string id(command.who.vehicle);
  NaiveVehicle& vehicle = vehicles_.at(id);
  Application& a = vehicle.application;
  if (a.draw > 0 && command.draw == a.draw) {
    return answer;
  }
  if (command.repeats_only) {
    answer.refusal = Refusal::too_soon;
    return answer;
  }
  std::vector<PlateNumber> free;
  for (const auto& [number, plate] : pools_.at(vehicle.pool).plates) {
    if (plate.state == PlateState::free && !(command.without4 && has_a_4({vehicle.pool, number}))) {
      free.push_back(number);
    }
  }
  answer.refusal = draw_refusal(vehicle, command, free);
  if (answer.refusal != Refusal::none) {
    return answer;
  }
  const std::size_t size = office_of(vehicle).settings.batch_size;
  const auto kept = lawful_kept(vehicle, command.without4, size - std::min(size, free.size()));
  check_drawn(free, drawn, kept, size);
  take_batch(id, drawn, kept);
  answer.changed = true;
  return answer;
}

void NaiveEngine::take_batch(const std::string& id, std::span<const PlateNumber> drawn,
                             const std::vector<PlateNumber>& kept) {
  NaiveVehicle& vehicle = vehicles_.at(id);
  Application& a = vehicle.application;
  if (a.batch_deadline) {
    for (const PlateNumber plate : a.last_batch) {
      if (!on_shortlist(a, plate) && std::find(kept.begin(), kept.end(), plate) == kept.end()) {
        release(id, plate);
      }
    }
  }
  for (const PlateNumber plate : drawn) {
    NaivePlate& taken = pools_.at(vehicle.pool).plates[plate];
    taken.state = PlateState::held;
    taken.vehicle = id;
  }
  a.last_batch.assign(drawn.begin(), drawn.end());
  ++a.draw;
  --a.draws_left;
  a.batch_deadline = countdown(vehicle, office_of(vehicle).settings.batch_hold);
  if (a.shortlist_deadline) {
    a.shortlist_deadline = shortlist_countdown(vehicle);
  }
  if (a.draws_left == 0) {
    a.fallback = drawn.empty() ? kNoPlate : drawn.front();
  }
  renew(vehicle);
}

NaiveEngine::Answer NaiveEngine::shortlist(const ShortlistPlate& command) {
  Answer answer;
  answer.refusal = begin_request(command.who, answer);
  if (answer.refusal != Refusal::none) {
    return answer;
  }
  NaiveVehicle& vehicle = vehicles_.at(std::string(command.who.vehicle));
  Application& a = vehicle.application;
  const bool of_pool = command.plate.pool == vehicle.pool;
  if (of_pool && on_shortlist(a, command.plate.number)) {
    return answer;
  }
  answer.refusal = common_refusal(vehicle, Step::pick, false);
  if (answer.refusal != Refusal::none) {
    return answer;
  }
  if (!of_pool || !in_last_batch(a, command.plate.number)) {
    answer.refusal = Refusal::not_in_batch;
  } else if (!a.batch_deadline) {
    answer.refusal = Refusal::expired;
  } else {
    std::erase_if(a.shortlist, [&](const Shortlisted& s) { return s.draw == a.draw; });
    a.shortlist.push_back({command.plate.number, a.draw});
    a.ended_shortlist.clear();
    a.shortlist_deadline = shortlist_countdown(vehicle);
    renew(vehicle);
    answer.changed = true;
  }
  return answer;
}

NaiveEngine::Answer NaiveEngine::confirm(const ConfirmPlate& command) {
  Answer answer;
  answer.refusal = begin_request(command.who, answer);
  if (answer.refusal != Refusal::none) {
    return answer;
  }
  const std::string id(command.who.vehicle);
  NaiveVehicle& vehicle = vehicles_.at(id);
  Application& a = vehicle.application;
  const bool of_pool = command.plate.pool == vehicle.pool;
  if (of_pool && a.reserved == command.plate.number) {
    return answer;
  }
  if (command.repeats_only) {
    answer.refusal = Refusal::too_soon;
    return answer;
  }
  answer.refusal = common_refusal(vehicle, Step::pick, false);
  const Step step = step_of(a);
  if (answer.refusal == Refusal::wrong_step && step != Step::submit && step != Step::notice) {
    answer.refusal = Refusal::already_confirmed;
  }
  if (answer.refusal != Refusal::none) {
    return answer;
  }
  if (of_pool && on_shortlist(a, command.plate.number)) {
    reserve(id, command.plate.number, false);
    answer.changed = true;
  } else {
    const bool ended = of_pool && a.ended_shortlist.contains(command.plate.number);
    answer.refusal = ended ? Refusal::expired : Refusal::not_on_shortlist;
  }
  return answer;
}

// --- Codes ---

bool NaiveEngine::code_leaves(const Who& who, CodePurpose purpose) {
  const auto found = vehicles_.find(std::string(who.vehicle));
  if (found == vehicles_.end() || found->second.owner != who.owner || !found->second.eligible) {
    return false;
  }
  codes_.push_back({found->first, today(), found->second.application.number, purpose});
  return true;
}

std::optional<NaiveEngine::Codes> NaiveEngine::codes(const std::string& vehicle) const {
  Day latest{};
  Codes codes;
  uint32_t application = 0;
  for (const NaiveCode& code : codes_) {
    latest = std::max(latest, code.day);
    if (code.vehicle == vehicle) {
      codes.day = code.day;
      application = code.application;
    }
  }
  if (application == 0 || codes.day + std::chrono::days(2) < latest) {
    return std::nullopt;
  }
  for (const NaiveCode& code : codes_) {
    if (code.vehicle != vehicle || code.day != codes.day) {
      continue;
    }
    const bool of_this = code.application == application;
    codes.in_all += code.left_for ? 1 : 0;
    codes.misses += code.left_for ? 0 : 1;
    codes.to_submit += of_this && code.left_for == CodePurpose::submit ? 1 : 0;
    codes.to_verify += of_this && code.left_for == CodePurpose::verify ? 1 : 0;
  }
  return codes;
}

// --- Countdowns and holds ---

OfficeTick NaiveEngine::countdown(const NaiveVehicle& vehicle, Millis span) const {
  return office_of(vehicle).now + span * owners_.at(vehicle.owner).times;
}

// A shortlist outlives its batch, whatever was said about countdowns between the two.
OfficeTick NaiveEngine::shortlist_countdown(const NaiveVehicle& vehicle) const {
  return std::max(countdown(vehicle, office_of(vehicle).settings.shortlist_hold),
                  vehicle.application.batch_deadline.value_or(OfficeTick{}));
}

void NaiveEngine::renew(NaiveVehicle& vehicle) {
  vehicle.application.verified_until = countdown(vehicle, office_of(vehicle).settings.verified_for);
}

void NaiveEngine::reserve(const std::string& id, PlateNumber plate, bool automatic) {
  NaiveVehicle& vehicle = vehicles_.at(id);
  Application& a = vehicle.application;
  release_all_but(id, plate);
  pools_.at(vehicle.pool).plates.at(plate).state = PlateState::reserved;
  a.reserved = plate;
  a.automatic = automatic;
  a.confirmed = today();
  a.deadline = deadline_from(office_of(vehicle), a.confirmed);
}

void NaiveEngine::release(const std::string& vehicle, PlateNumber number) {
  NaivePlate& plate = pools_.at(vehicles_.at(vehicle).pool).plates.at(number);
  if (plate.state != PlateState::held || plate.vehicle != vehicle) {
    complain(vehicle + " releases a plate that it does not hold");
  }
  plate.state = PlateState::free;
  plate.vehicle.clear();
}

// Ends every hold of an application; found in the pool, not in what the application believes.
void NaiveEngine::release_all_but(const std::string& id, PlateNumber kept) {
  NaiveVehicle& vehicle = vehicles_.at(id);
  for (const auto& [number, plate] : pools_.at(vehicle.pool).plates) {
    if (plate.state == PlateState::held && plate.vehicle == id && number != kept) {
      release(id, number);
    }
  }
  Application& a = vehicle.application;
  a.batch_deadline.reset();
  if (a.shortlist_deadline) {
    end_shortlist(a);
  }
  a.fallback = kNoPlate;
}

void NaiveEngine::end_shortlist(Application& a) {
  a.ended_shortlist.clear();
  for (const Shortlisted& s : a.shortlist) {
    a.ended_shortlist.insert(s.plate);
  }
  a.shortlist.clear();
  a.shortlist_deadline.reset();
}

}  // namespace plated
