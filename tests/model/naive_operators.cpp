// The naive twin's world: offices, plates, owners, time, and what operators do to them.
#include <algorithm>
#include <tuple>
#include <utility>

#include "engine/plate.h"
#include "tests/model/naive_engine.h"

namespace plated {
namespace {

using std::chrono::days;
using std::chrono::floor;

// Every office of the tests is in China.
constexpr Millis kOffset{8 * 3'600'000};

// A calendar year has no 29 February of its own every time: then it is the 28th.
CivilTime years_later(CivilTime at, uint32_t years) {
  const CivilTime local = at + kOffset;
  const Day day = floor<days>(local);
  std::chrono::year_month_day date =
      std::chrono::year_month_day{day} + std::chrono::years{static_cast<int>(years)};
  if (!date.ok()) {
    date = date.year() / date.month() / std::chrono::last;
  }
  return CivilTime{Day{date}} + (local - CivilTime{day}) - kOffset;
}

}  // namespace

bool has_a_4(const Plate& plate) {
  return text_of(plate).view().find('4') != std::string_view::npos;
}

// --- The world and its times ---

void NaiveEngine::add_office(OfficeCode code, const Settings& settings) {
  NaiveOffice& office = offices_[code];
  office.settings = settings;
  office.days[today()] = office.now;
}

void NaiveEngine::add_vehicle(const std::string& owner, const std::string& vehicle, PoolKey pool,
                              bool eligible) {
  vehicles_[vehicle] = NaiveVehicle{owner, pool, eligible, {}};
  owners_[owner].vehicles.insert(vehicle);
  (void)pools_[pool];
}

void NaiveEngine::pass(Millis span) {
  civil_ += span;
  for (auto& [code, office] : offices_) {
    if (office.overlay == Overlay::none) {
      office.now += span;
    }
  }
}

Day NaiveEngine::today() const { return floor<days>(civil_ + kOffset); }

void NaiveEngine::day_began(OfficeCode code, Day day) {
  NaiveOffice& office = offices_.at(code);
  if (day <= office.days.rbegin()->first || day > today()) {
    complain("a day began that had begun before, or was still to come");
  }
  office.days[day] = office.now;
}

void NaiveEngine::segment_released(PoolKey key, uint32_t number) {
  NaivePool& pool = pools_.at(key);
  NaiveSegment& segment = pool.segments.at(number);
  if (segment.released || segment.release_at > civil_) {
    complain("a segment was released before its time or twice");
  }
  segment.released = true;
  for (auto& [at, plate] : pool.plates) {
    if (plate.segment == number && !plate.by_operator) {
      plate.state = PlateState::free;
    }
  }
}

void NaiveEngine::plate_returned(const Plate& which) {
  NaivePlate& plate = pools_.at(which.pool).plates.at(which.number);
  if (!plate.returning || !plate.returns_at || *plate.returns_at > office_now(which.pool.office)) {
    complain("a plate returned before its moment");
  }
  plate.returning = false;
  plate.returns_at.reset();
  plate.state = PlateState::free;
}

void NaiveEngine::settled(const std::string& vehicle) {
  if (!settle(vehicle)) {
    complain("something of " + vehicle + " was recorded that was not due");
  }
}

void NaiveEngine::reminded(const std::string& id, uint32_t number, Day deadline) {
  NaiveVehicle& vehicle = vehicles_.at(id);
  const Day latest = office_of(vehicle).days.rbegin()->first;
  if (latest + days{1} < deadline || !vehicle.reminded.insert({number, deadline}).second) {
    complain("a reminder before the day before, or a second one");
  }
}

void NaiveEngine::return_chosen(const Plate& which, OfficeTick returns_at) {
  const NaiveOffice& office = offices_.at(which.pool.office);
  NaivePlate& plate = pools_.at(which.pool).plates.at(which.number);
  if (!plate.returning || plate.returns_at || returns_at < office.now ||
      returns_at > office.now + office.settings.return_window) {
    complain("a moment of return that is not lawful");
  }
  plate.returns_at = returns_at;
}

// --- Offices ---

bool NaiveEngine::set_open(OfficeCode office, bool open) {
  return std::exchange(offices_.at(office).open, open) != open;
}

bool NaiveEngine::set_overlay(OfficeCode office, Overlay overlay) {
  return std::exchange(offices_.at(office).overlay, overlay) != overlay;
}

// Terms, years on the blacklist, and the day by which a plate confirmed today is to be fetched.
template <class Change>
void NaiveEngine::change_office(OfficeCode code, Change&& change) {
  NaiveOffice& office = offices_.at(code);
  const auto said = [&] {
    return std::tuple(office.settings.terms, office.settings.blacklist_years,
                      deadline_from(office, today()));
  };
  const auto before = said();
  change(office);
  office.changes += said() == before ? 0 : 1;
}

void NaiveEngine::set_settings(OfficeCode code, const Settings& settings) {
  change_office(code, [&](NaiveOffice& office) { office.settings = settings; });
}

void NaiveEngine::set_holidays(OfficeCode code, std::set<Day> holidays, std::set<Day> workdays) {
  change_office(code, [&](NaiveOffice& office) {
    office.holidays = std::move(holidays);
    office.workdays = std::move(workdays);
  });
}

OfficeState NaiveEngine::office_state(OfficeCode code) const {
  const NaiveOffice& office = offices_.at(code);
  switch (office.overlay) {
    case Overlay::paused:
      return OfficeState::paused;
    case Overlay::maintenance:
      return OfficeState::maintenance;
    case Overlay::none:
      break;
  }
  return office.open ? OfficeState::open : OfficeState::closed;
}

Day NaiveEngine::deadline_from(const NaiveOffice& office, Day confirmed) const {
  Day day = confirmed;
  for (uint32_t left = office.settings.validity_days; left > 0;) {
    day += days{1};
    const unsigned weekday = std::chrono::weekday{day}.iso_encoding();
    const bool works =
        office.workdays.contains(day) || (weekday <= 5 && !office.holidays.contains(day));
    left -= works ? 1 : 0;
  }
  return day;
}

// --- Plates ---

NaiveEngine::OperatorAnswer NaiveEngine::load(PoolKey key, PlateNumber from, PlateNumber to,
                                              CivilTime release_at) {
  NaivePool& pool = pools_[key];
  for (PlateNumber number = from; number <= to; ++number.value) {
    if (pool.plates.contains(number)) {
      return {Verdict::Kind::conflict, false};
    }
  }
  const auto segment = static_cast<uint32_t>(pool.segments.size() + 1);
  pool.segments[segment] = {release_at, false};
  for (PlateNumber number = from; number <= to; ++number.value) {
    pool.plates[number] = NaivePlate{.segment = segment};
  }
  return {Verdict::Kind::ok, true};
}

NaiveEngine::OperatorAnswer NaiveEngine::withhold(PoolKey key,
                                                  const std::vector<PlateNumber>& numbers) {
  NaivePool& pool = pools_.at(key);
  bool changed = false;
  for (const PlateNumber number : numbers) {
    const auto found = pool.plates.find(number);
    if (found == pool.plates.end() || found->second.returning ||
        (found->second.state != PlateState::free && found->second.state != PlateState::withheld)) {
      return {Verdict::Kind::conflict, false};
    }
    changed = changed || !found->second.by_operator;
  }
  for (const PlateNumber number : numbers) {
    pool.plates.at(number).state = PlateState::withheld;
    pool.plates.at(number).by_operator = true;
  }
  return {Verdict::Kind::ok, changed};
}

// Whoever repeats a restoring is not refused, even if the plates have been drawn since.
NaiveEngine::OperatorAnswer NaiveEngine::restore(PoolKey key,
                                                 const std::vector<PlateNumber>& numbers) {
  NaivePool& pool = pools_.at(key);
  bool changed = false;
  for (const PlateNumber number : numbers) {
    NaivePlate& plate = pool.plates.at(number);
    if (std::exchange(plate.by_operator, false)) {
      changed = true;
      plate.state =
          pool.segments.at(plate.segment).released ? PlateState::free : PlateState::withheld;
    }
  }
  return {Verdict::Kind::ok, changed};
}

void NaiveEngine::start_return(const Plate& which) {
  NaivePlate& plate = pools_.at(which.pool).plates.at(which.number);
  plate.state = PlateState::withheld;
  plate.vehicle.clear();
  plate.returning = true;
}

NaiveEngine::NaivePlate* NaiveEngine::find(const Plate& plate) {
  const auto pool = pools_.find(plate.pool);
  if (pool == pools_.end()) {
    return nullptr;
  }
  const auto found = pool->second.plates.find(plate.number);
  return found == pool->second.plates.end() ? nullptr : &found->second;
}

PoolCounts NaiveEngine::counts(PoolKey key) const {
  PoolCounts counts;
  for (const auto& [number, plate] : pools_.at(key).plates) {
    ++counts.loaded;
    counts.free += plate.state == PlateState::free ? 1 : 0;
    counts.held += plate.state == PlateState::held ? 1 : 0;
    counts.reserved += plate.state == PlateState::reserved ? 1 : 0;
    counts.issued += plate.state == PlateState::issued ? 1 : 0;
    counts.withheld += plate.state == PlateState::withheld ? 1 : 0;
    counts.free_without4 += plate.state == PlateState::free && !has_a_4({key, number}) ? 1 : 0;
  }
  return counts;
}

NaiveEngine::PlateFace NaiveEngine::plate(const Plate& which) const {
  const NaivePlate& plate = pools_.at(which.pool).plates.at(which.number);
  PlateFace face{plate.state, std::nullopt, plate.vehicle};
  if (plate.state == PlateState::withheld) {
    face.why = plate.returning     ? WithheldWhy::returning
               : plate.by_operator ? WithheldWhy::by_operator
                                   : WithheldWhy::unreleased;
  }
  return face;
}

std::vector<Plate> NaiveEngine::plates() const {
  std::vector<Plate> all;
  for (const auto& [key, pool] : pools_) {
    for (const auto& [number, plate] : pool.plates) {
      all.push_back({key, number});
    }
  }
  return all;
}

// --- Reservations ---

// Settles what is due of the plate's holder, then says whether the plate is reserved.
NaiveEngine::OperatorAnswer NaiveEngine::find_reservation(const Plate& which,
                                                          bool repeat_of_issue) {
  const NaivePlate* plate = find(which);
  if (plate == nullptr) {
    return {Verdict::Kind::not_found, false};
  }
  if (plate->state == PlateState::reserved) {
    settle(std::string(plate->vehicle));
  }
  if (plate->state == PlateState::issued && repeat_of_issue) {
    return {Verdict::Kind::ok, false};
  }
  return plate->state == PlateState::reserved ? OperatorAnswer{Verdict::Kind::ok, true}
                                              : OperatorAnswer{Verdict::Kind::conflict, false};
}

NaiveEngine::OperatorAnswer NaiveEngine::issue(const Plate& which, std::optional<Day> date) {
  const OperatorAnswer found = find_reservation(which, true);
  if (found.kind != Verdict::Kind::ok || !found.changed) {
    return found;
  }
  NaivePlate& plate = *find(which);
  Application& a = vehicles_.at(plate.vehicle).application;
  const Day day = date.value_or(today());
  if (day > today() || day < a.confirmed) {
    return {Verdict::Kind::bad_request, false};
  }
  if (day > a.deadline) {
    return {Verdict::Kind::conflict, false};
  }
  plate.state = PlateState::issued;
  a.issued = true;
  return found;
}

NaiveEngine::OperatorAnswer NaiveEngine::void_reservation(const Plate& which, bool blacklist) {
  const OperatorAnswer found = find_reservation(which, false);
  if (found.kind != Verdict::Kind::ok) {
    return found;
  }
  NaiveVehicle& vehicle = vehicles_.at(find(which)->vehicle);
  start_return(which);
  vehicle.application = Application{.number = vehicle.application.number + 1};
  if (blacklist) {
    put_on_blacklist(vehicle.owner, blacklist_end(office_of(vehicle)));
  }
  return found;
}

NaiveEngine::OperatorAnswer NaiveEngine::extend(const Plate& which, Day deadline) {
  const OperatorAnswer found = find_reservation(which, false);
  if (found.kind != Verdict::Kind::ok) {
    return found;
  }
  Application& a = vehicles_.at(find(which)->vehicle).application;
  if (deadline < a.deadline) {
    return {Verdict::Kind::bad_request, false};
  }
  const bool changed = deadline != a.deadline;
  a.deadline = deadline;
  return {Verdict::Kind::ok, changed};
}

// --- Owners ---

bool NaiveEngine::blacklisted(const std::string& owner) const {
  const auto& until = owners_.at(owner).blacklisted_until;
  return until && *until > civil_;
}

std::optional<Day> NaiveEngine::deadline_if_confirmed(const std::string& vehicle) const {
  if (face(vehicle).step != Step::pick) {
    return std::nullopt;
  }
  return deadline_from(office_of(vehicles_.at(vehicle)), today());
}

std::optional<CivilTime> NaiveEngine::blacklisted_until(const std::string& owner) const {
  return blacklisted(owner) ? owners_.at(owner).blacklisted_until : std::nullopt;
}

CivilTime NaiveEngine::blacklist_end(const NaiveOffice& office) const {
  return years_later(civil_, office.settings.blacklist_years);
}

void NaiveEngine::put_on_blacklist(const std::string& owner, CivilTime until) {
  if (until <= civil_) {
    return;
  }
  NaiveOwner& entry = owners_.at(owner);
  entry.blacklisted_until = std::max(until, entry.blacklisted_until.value_or(CivilTime{}));
  for (const std::string& id : entry.vehicles) {
    Application& a = vehicles_.at(id).application;
    a.forfeits = a.forfeits || holds(a);
  }
}

NaiveEngine::OperatorAnswer NaiveEngine::blacklist(const std::string& owner, CivilTime until) {
  if (until <= civil_) {
    return {Verdict::Kind::bad_request, false};
  }
  NaiveOwner& entry = owners_.at(owner);
  const bool changed = blacklisted_until(owner) != until;
  entry.blacklisted_until.reset();
  put_on_blacklist(owner, until);
  return {Verdict::Kind::ok, changed};
}

NaiveEngine::OperatorAnswer NaiveEngine::lift_blacklist(const std::string& owner) {
  const bool changed = blacklisted(owner);
  if (changed) {  // else there is nothing to see, now or before
    owners_.at(owner).blacklisted_until.reset();
  }
  return {Verdict::Kind::ok, changed};
}

NaiveEngine::OperatorAnswer NaiveEngine::lengthen_countdowns(const std::string& owner,
                                                             uint32_t times) {
  if (times < 1 || times > 10) {
    return {Verdict::Kind::bad_request, false};
  }
  return {Verdict::Kind::ok, std::exchange(owners_.at(owner).times, times) != times};
}

// --- Lateness, and what comes next ---

std::vector<std::string> NaiveEngine::overdue(Millis grace) const {
  std::vector<std::string> late;
  for (const auto& [id, vehicle] : vehicles_) {
    const NaiveOffice& office = office_of(vehicle);
    const DueSince due = due_since(vehicle);
    if (office.overlay == Overlay::none && due.first() &&
        (due.forfeit || *due.first() + grace < office.now)) {
      late.push_back(id);
    }
  }
  for (const auto& [key, pool] : pools_) {
    const NaiveOffice& office = offices_.at(key.office);
    for (const auto& [number, segment] : pool.segments) {
      if (!segment.released && segment.release_at + grace < civil_) {
        late.push_back("segment " + std::to_string(number));
      }
    }
    for (const auto& [number, plate] : pool.plates) {
      if (office.overlay == Overlay::none && plate.returns_at &&
          *plate.returns_at + grace < office.now) {
        late.emplace_back(text_of(Plate{key, number}).view());
      }
    }
  }
  for (const auto& [code, office] : offices_) {
    if (office.days.rbegin()->first != today()) {
      late.push_back("the day of " + std::string(text_of(code).view()));
    }
  }
  return late;
}

std::set<Millis> NaiveEngine::next_moments() const {
  std::set<Millis> moments;
  const auto add = [&](Millis span) {
    if (span > Millis{0}) {
      moments.insert(span);
    }
  };
  for (const auto& [id, vehicle] : vehicles_) {
    const Application& a = vehicle.application;
    const OfficeTick now = office_of(vehicle).now;
    for (const auto& end :
         {a.batch_deadline, a.shortlist_deadline, a.verified_until, lapses_at(vehicle)}) {
      if (end) {
        add(*end - now);
      }
    }
    if (const auto end = blacklisted_until(vehicle.owner)) {
      add(*end - civil_);
    }
  }
  for (const auto& [key, pool] : pools_) {
    for (const auto& [number, plate] : pool.plates) {
      if (plate.returns_at) {
        add(*plate.returns_at - office_now(key.office));
      }
    }
    for (const auto& [number, segment] : pool.segments) {
      add(segment.release_at - civil_);
    }
  }
  add(CivilTime{today() + days{1}} - kOffset - civil_);
  return moments;
}

}  // namespace plated
