// The commands of a duel: which ones, with what, to both.
#include <algorithm>

#include "tests/model/duel.h"

namespace plated {

using std::chrono::days;

// --- Citizens ---

void Duel::ask_enter(const Rider& rider) {
  doing_ = "enter " + rider.vehicle;
  engine->enter(rider.who(), out);
  compare_answer(rider, twin_.enter(rider.who()));
}

void Duel::ask_submit(const Rider& rider, CodeVerdict code, std::string_view terms) {
  doing_ = "submit " + rider.vehicle;
  const Submit command{rider.who(), terms, code};
  engine->submit(command, out);
  compare_answer(rider, twin_.submit(command));
}

void Duel::ask_verify(const Rider& rider, CodeVerdict code) {
  doing_ = "verify " + rider.vehicle;
  engine->verify({rider.who(), code}, out);
  compare_answer(rider, twin_.verify({rider.who(), code}));
}

void Duel::ask_draw(const Rider& rider, uint32_t number, bool without4) {
  doing_ = "draw " + std::to_string(number) + (without4 ? " without 4 " : " ") + rider.vehicle;
  const Draw command{rider.who(), number, without4, dice_.chance(10)};
  engine->draw(command, out);
  compare_answer(rider, twin_.draw(command, out.application.batch));
}

void Duel::ask_shortlist(const Rider& rider, const Plate& plate) {
  doing_ = "shortlist " + std::string(text_of(plate).view()) + " " + rider.vehicle;
  engine->shortlist({rider.who(), plate}, out);
  compare_answer(rider, twin_.shortlist({rider.who(), plate}));
}

void Duel::ask_confirm(const Rider& rider, const Plate& plate) {
  doing_ = "confirm " + std::string(text_of(plate).view()) + " " + rider.vehicle;
  const ConfirmPlate command{rider.who(), plate, dice_.chance(10)};
  engine->confirm(command, out);
  compare_answer(rider, twin_.confirm(command));
}

void Duel::send_code(const Rider& rider) {
  doing_ = "send_code " + rider.vehicle;
  const auto purpose = dice_.chance(50) ? CodePurpose::submit : CodePurpose::verify;
  const Engine::Counted counted =
      engine->code_leaves(rider.who(), purpose, twin_.face(rider.vehicle).number);
  if (counted.done != twin_.code_leaves(rider.who(), purpose)) {
    differ("a code leaves");
  }
  adopt_records(rider.vehicle);
  compare_all();
}

// A plate that the rider may mean: of their batch, their shortlist, their own, or any.
Plate Duel::some_plate(const Rider& rider) {
  const NaiveEngine::Face face = twin_.face(rider.vehicle);
  const uint64_t kind = dice_.roll(100);
  if (kind < 45 && !face.batch.empty()) {
    return {rider.pool, dice_.one_of(face.batch)};
  }
  if (kind < 75 && !face.shortlist.empty()) {
    return {rider.pool, dice_.one_of(face.shortlist)};
  }
  if (kind < 85 && face.reserved != kNoPlate) {
    return {rider.pool, face.reserved};
  }
  const std::vector<Plate> plates = twin_.plates();
  return dice_.one_of(plates);
}

void Duel::citizen_step() {
  const Rider& rider = dice_.chance(97) ? riders_[dice_.roll(riders_.size() - 1)] : riders_.back();
  if (dice_.chance(2)) {
    ask_of_a_full_log();
  } else if (dice_.chance(70)) {
    next_step_of(rider);
  } else {
    any_step_of(rider);
  }
}

// What brings the application on.
void Duel::next_step_of(const Rider& rider) {
  const NaiveEngine::Face face = twin_.face(rider.vehicle);
  switch (face.step) {
    case Step::submit:
      return ask_submit(rider, CodeVerdict::right,
                        engine->office(rider.pool.office)->settings.terms);
    case Step::notice:
      return ask_verify(rider, CodeVerdict::right);
    case Step::pick:
      if (!face.shortlist.empty() && dice_.chance(20)) {
        return ask_confirm(rider, {rider.pool, dice_.one_of(face.shortlist)});
      }
      if (!face.batch.empty() && dice_.chance(50)) {
        return ask_shortlist(rider, {rider.pool, dice_.one_of(face.batch)});
      }
      return ask_draw(rider, face.draw + 1, dice_.chance(30));
    case Step::done:
      return dice_.chance(25) ? change_reservation() : ask_enter(rider);
    case Step::issued:
    case Step::lapsed:
      return ask_enter(rider);
  }
}

// Anything at all.
void Duel::any_step_of(const Rider& rider) {
  const auto code = static_cast<CodeVerdict>(dice_.chance(50) ? 0 : dice_.roll(5));
  switch (dice_.roll(8)) {
    case 7:
      return send_code(rider);
    case 0:
      return ask_enter(dice_.chance(80) ? rider : Rider{"o-3", rider.vehicle, rider.pool});
    case 1:
      return ask_submit(rider, code, dice_.chance(70) ? "t1" : "t2");
    case 2:
      return ask_verify(rider, code);
    case 3:
    case 4: {
      const uint64_t number = twin_.face(rider.vehicle).draw + dice_.roll(4);
      return ask_draw(rider, static_cast<uint32_t>(std::max<uint64_t>(1, number)),
                      dice_.chance(50));
    }
    case 5:
      return ask_shortlist(rider, some_plate(rider));
    default:
      return ask_confirm(rider, some_plate(rider));
  }
}

// A log that takes no more changes nothing, whatever is asked.
void Duel::ask_of_a_full_log() {
  doing_ = "a full log";
  const Rider& rider = dice_.one_of(riders_);
  const Digest before = engine->digest();
  sink.full = true;
  engine->draw({rider.who(), twin_.face(rider.vehicle).draw + 1, false}, out);
  sink.full = false;
  ++tally_.at(static_cast<std::size_t>(out.refusal));
  if (out.refusal == Refusal::none || engine->digest() != before) {
    differ("something happened");
  }
}

// --- Operators ---

void Duel::operator_step() {
  switch (dice_.roll(9)) {
    case 0:
    case 1:
    case 2:
      return change_office(dice_.chance(75) ? pools_[0].office : pools_[1].office);
    case 3:
      doing_ = "settings";
      return change_settings(dice_.one_of(pools_).office);
    case 4:
      return change_owner();
    case 5:
      return change_plates();
    case 6:
      return dice_.chance(40) ? load_segment() : change_plates();
    default:
      return change_reservation();
  }
}

// Mostly back to open, so that the rest has a chance.
void Duel::change_office(OfficeCode code) {
  const uint64_t kind = dice_.roll(10);
  if (kind < 5 && twin_.office_state(code) != OfficeState::open) {
    doing_ = "open and resume";
    (void)engine->set_open(code, true, "test", kOperator, changes);
    (void)engine->set_overlay(code, Overlay::none, "test", kOperator, changes);
    twin_.set_open(code, true);
    twin_.set_overlay(code, Overlay::none);
  } else if (kind < 6) {
    doing_ = "close";
    compare_verdict(engine->set_open(code, false, "test", kOperator, changes),
                    {Verdict::Kind::ok, twin_.set_open(code, false)});
  } else if (kind < 9) {
    const auto overlay = static_cast<Overlay>(dice_.roll(3));
    doing_ = "overlay " + std::to_string(static_cast<int>(overlay));
    compare_verdict(engine->set_overlay(code, overlay, "test", kOperator, changes),
                    {Verdict::Kind::ok, twin_.set_overlay(code, overlay)});
  } else {
    doing_ = "holidays";
    const Day today = engine->office(code)->today();
    OfficePatch patch{.office = code};
    patch.holidays = {today + days{1 + static_cast<int>(dice_.roll(3))}};
    patch.workdays = {today + days{4 + static_cast<int>(dice_.roll(3))}};
    twin_.set_holidays(code, {patch.holidays->front()}, {patch.workdays->front()});
    EXPECT_TRUE(engine->put_office(patch, kOperator, changes).ok());
  }
  compare_all();
}

void Duel::change_settings(OfficeCode code) {
  Settings s = engine->office(code)->settings;
  s.draws = 1 + static_cast<uint32_t>(dice_.roll(4));
  s.batch_size = 1 + static_cast<uint32_t>(dice_.roll(5));
  s.batch_hold = dice_.one_of(std::array{kSecond, 5 * kSecond, 90 * kSecond, 3 * kMinute});
  s.shortlist_hold = s.batch_hold + dice_.one_of(std::array{Millis{0}, Millis{3}, 90 * kSecond});
  s.verified_for = dice_.one_of(std::array{kMinute, 2 * kMinute, 30 * kMinute});
  s.validity_days = 1 + static_cast<uint32_t>(dice_.roll(3));
  s.blacklist_years = static_cast<uint32_t>(dice_.roll(3));
  s.return_window = dice_.one_of(std::array{Millis{0}, kHour, 24 * kHour});
  if (step_ == 0) {  // once: the engine takes a new value for a grace that runs already
    s.lapse_grace = dice_.one_of(std::array{Millis{0}, kHour, 24 * kHour});
  }
  s.terms = dice_.chance(85) ? "t1" : "t2";
  OfficePatch patch{.office = code};
  patch.settings = s;
  const Verdict verdict = engine->put_office(patch, kOperator, changes);
  EXPECT_TRUE(verdict.ok()) << verdict.field;
  twin_.set_settings(code, s);
  compare_all();
}

void Duel::change_owner() {
  const std::string owner_id = dice_.one_of(riders_).owner;
  const uint64_t kind = dice_.roll(10);
  if (kind < 4) {
    const Millis span = dice_.one_of(std::array{Millis{0}, Millis{3}, kSecond, kHour, 400 * kDay});
    doing_ = "blacklist " + owner_id + " for " + std::to_string(span.count());
    const CivilTime until = ticks.now().civil + span;
    compare_verdict(engine->blacklist(owner_id, until, "test", kOperator),
                    twin_.blacklist(owner_id, until));
  } else if (kind < 8) {
    doing_ = "lift " + owner_id;
    compare_verdict(engine->lift_blacklist(owner_id, "test", kOperator),
                    twin_.lift_blacklist(owner_id));
  } else {
    const auto times = static_cast<uint32_t>(dice_.roll(12));
    doing_ = "lengthen " + owner_id + " by " + std::to_string(times);
    compare_verdict(engine->lengthen_countdowns(owner_id, times, "test", kOperator),
                    twin_.lengthen_countdowns(owner_id, times));
  }
}

void Duel::change_plates() {
  const PoolKey key = dice_.one_of(pools_);
  std::set<PlateNumber> chosen;
  for (const Plate& plate : twin_.plates()) {
    if (plate.pool == key && dice_.chance(20)) {
      chosen.insert(plate.number);
    }
  }
  if (chosen.empty()) {
    return;
  }
  PlateSelection selection{.pool = key};
  selection.plates.assign(chosen.begin(), chosen.end());
  if (dice_.chance(30)) {
    doing_ = "withhold";
    compare_verdict(engine->withhold(selection, "test", kOperator).verdict,
                    twin_.withhold(key, selection.plates));
  } else {
    doing_ = "restore";
    compare_verdict(engine->restore(selection, "test", kOperator).verdict,
                    twin_.restore(key, selection.plates));
  }
}

// A few plates: ends of pools are what matters. Some overlap with what is known.
void Duel::load_segment() {
  doing_ = "load";
  const PoolKey key = pools_[dice_.chance(80) ? 0 : 1];
  const auto first = static_cast<uint32_t>(36 + dice_.roll(60));
  const PlateNumber from{first};
  const PlateNumber to{first + static_cast<uint32_t>(dice_.roll(9))};
  if (twin_.counts(key).loaded > 30) {
    return;
  }
  LoadSegment segment{.plates = {key, from, to, {}}};
  CivilTime release_at = ticks.now().civil;
  if (dice_.chance(30)) {
    release_at += dice_.one_of(std::array{Millis{1}, kMinute, kHour});
    segment.release_at = release_at;
  }
  const NaiveEngine::OperatorAnswer answer = twin_.load(key, from, to, release_at);
  const PlatesReport report = engine->load(segment, kOperator);
  adopt_records("");
  compare_verdict(report.verdict, answer);
}

void Duel::change_reservation() {
  std::vector<Plate> plates = twin_.plates();
  std::erase_if(plates, [&](const Plate& plate) {
    return twin_.plate(plate).state != PlateState::reserved && dice_.chance(90);
  });
  if (plates.empty()) {
    return;
  }
  const Plate plate = dice_.one_of(plates);
  const std::string holder = twin_.plate(plate).vehicle;
  const Day today = engine->office(plate.pool.office)->day_at(ticks.now().civil);
  const Day near = today + days{static_cast<int>(dice_.roll(8)) - 3};
  doing_ = std::string(text_of(plate).view()) + " " + holder;
  Verdict verdict;
  NaiveEngine::OperatorAnswer answer;
  switch (dice_.roll(3)) {
    case 0: {
      doing_ = "issue " + doing_;
      const auto date = dice_.chance(50) ? std::optional<Day>(near) : std::nullopt;
      verdict = engine->issue(plate, date, kOperator, changes);
      answer = twin_.issue(plate, date);
      break;
    }
    case 1: {
      doing_ = "void " + doing_;
      const bool blacklist = dice_.chance(30);
      verdict = engine->void_reservation(plate, "test", blacklist, kOperator, changes);
      answer = twin_.void_reservation(plate, blacklist);
      break;
    }
    default:
      doing_ = "extend " + doing_;
      verdict = engine->extend(plate, near, "test", kOperator, changes);
      answer = twin_.extend(plate, near);
  }
  adopt_records(holder);
  compare_verdict(verdict, answer);
}

}  // namespace plated
