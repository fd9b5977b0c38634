// Writes histories that are true: the naive twin of the rules decides each request at one instant,
// and the witness notes what clients would have seen of it. What a test then does to a history, by
// stretching windows, forgetting answers or lying, is the test's own business. Time is in
// milliseconds from the beginning. For tests only.
#pragma once

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/linearizability/history.h"
#include "tests/model/naive_engine.h"

namespace plated::linearizability {

class Witness {
 public:
  static constexpr int64_t kBatchHold = 1'000;
  static constexpr int64_t kShortlistHold = 2'000;
  static constexpr uint32_t kDraws = 3;
  static constexpr uint32_t kBatchSize = 3;

  Witness(uint32_t cars, uint32_t plates) {
    plated::Settings settings;
    settings.draws = kDraws;
    settings.batch_size = kBatchSize;
    settings.batch_hold = Millis(kBatchHold);
    settings.shortlist_hold = Millis(kShortlistHold);
    settings.verified_for = Millis(60'000);
    settings.terms = "read";
    twin_.begin(CivilTime(Millis(1'790'000'000'000)));
    twin_.add_office(pool_.office, settings);
    twin_.set_open(pool_.office, true);
    history.settings = {
        "000000",   "read",   kDraws, kBatchSize, kBatchHold * 1000, kShortlistHold * 1000,
        60'000'000, 1'000'000};
    for (uint32_t i = 1; i <= cars; ++i) {
      twin_.add_vehicle(owner_of(car(i)), car(i), pool_, true);
      history.owners[car(i)] = owner_of(car(i));
    }
    for (uint32_t i = 0; i < plates; ++i) {
      history.plates.push_back("plate-" + std::to_string(i));
    }
    (void)twin_.load(pool_, PlateNumber{0}, PlateNumber{plates - 1}, CivilTime{});
    twin_.segment_released(pool_, 1);
    history.requests.reserve(10'000);  // so that a test may keep references
    history.pushes.reserve(10'000);
    history.acts.reserve(10'000);
  }

  [[nodiscard]] static std::string car(uint32_t number) { return "car-" + std::to_string(number); }
  [[nodiscard]] static std::string owner_of(const std::string& car) { return "owner of " + car; }

  // --- Requests, each decided now and seen from a millisecond before to a millisecond after ---
  Request& enter(const std::string& car) {
    settle(car);
    return note(car, {.verb = Verb::enter}, twin_.enter(who(car)).refusal);
  }
  Request& submit(const std::string& car, const std::string& code = "000000") {
    settle(car);
    const auto verdict = code == "000000" ? CodeVerdict::right : CodeVerdict::wrong_code;
    const auto answer = twin_.submit({who(car), "read", verdict});
    return note(car, {.verb = Verb::submit, .code = code, .terms = "read"}, answer.refusal);
  }
  Request& verify(const std::string& car, const std::string& code = "000000") {
    settle(car);
    const auto verdict = code == "000000" ? CodeVerdict::right : CodeVerdict::wrong_code;
    const auto answer = twin_.verify({who(car), verdict});
    return note(car, {.verb = Verb::verify, .code = code}, answer.refusal);
  }
  // Takes free plates from `first` on, in their order.
  Request& draw(const std::string& car, uint32_t number, uint32_t first = 0) {
    settle(car);
    const auto drawn = choose(car, first);
    const auto answer = twin_.draw({who(car), number, false}, drawn);
    return note(car, {.verb = Verb::draw, .draw = number}, answer.refusal);
  }
  Request& shortlist(const std::string& car, PlateId plate) {
    settle(car);
    const auto answer = twin_.shortlist({who(car), {pool_, number_of(plate)}});
    return note(car, {.verb = Verb::shortlist, .plate = plate}, answer.refusal);
  }
  Request& confirm(const std::string& car, PlateId plate) {
    settle(car);
    const auto answer = twin_.confirm({who(car), {pool_, number_of(plate)}});
    return note(car, {.verb = Verb::confirm, .plate = plate}, answer.refusal);
  }
  void in_pick(const std::string& car) {
    submit(car);
    verify(car);
  }

  // --- What is not an owner's request ---
  // What is due of the car is recorded, and pushed to one of its devices.
  Push& push(const std::string& car) {
    settle(car);
    history.pushes.push_back({"watcher of " + car, car, around_now(), told(car)});
    pass(1);
    return history.pushes.back();
  }
  OperatorAct& void_reservation(PlateId plate) {
    const auto answer = twin_.void_reservation({pool_, number_of(plate)}, false);
    return note_act(OperatorVerb::void_reservation, plate, answer.kind);
  }
  OperatorAct& issue(PlateId plate) {
    const auto answer = twin_.issue({pool_, number_of(plate)}, std::nullopt);
    return note_act(OperatorVerb::issue, plate, answer.kind);
  }
  // Everything that is due of the car becomes a fact.
  void settle(const std::string& car) {
    if (twin_.due(car)) {
      twin_.settled(car);
      (void)told(car);  // a change of its own, for the version
    }
  }
  OperatorAct& look(PlateId plate) {
    const auto face = twin_.plate({pool_, number_of(plate)});
    OperatorAct& act = note_act(OperatorVerb::look, plate, plated::Verdict::Kind::ok);
    constexpr std::array<const char*, 5> kStates{"free", "held", "reserved", "issued", "withheld"};
    act.state = kStates.at(static_cast<std::size_t>(face.state));
    act.vehicle = face.vehicle;
    return act;
  }
  void pass(int64_t ms) {
    twin_.pass(Millis(ms));
    now_ += ms;
  }
  // SIGKILL, and a start as soon as it is dead: 30 ms in which no countdown runs.
  void kill() {
    const Micros at = now_ * 1000;
    history.outages.push_back({at, at + 10'000, at + 10'000, at + 30'000});
    now_ += 30;
  }

  [[nodiscard]] int64_t now() const { return now_; }
  [[nodiscard]] const NaiveEngine& twin() const { return twin_; }

  History history;

 private:
  static PlateNumber number_of(PlateId plate) { return PlateNumber{plate - 1}; }
  static PlateId id_of(PlateNumber number) {
    return number == plated::kNoPlate ? linearizability::kNoPlate : number.value + 1;
  }

  // Views into texts that outlive the call.
  Who who(const std::string& car) const {
    const auto& [vehicle, owner] = *history.owners.find(car);
    return {owner, vehicle};
  }

  [[nodiscard]] Window around_now() const { return {now_ * 1000 - 1'000, now_ * 1000 + 1'000}; }

  std::vector<PlateNumber> choose(const std::string& car, uint32_t first) const {
    std::vector<PlateNumber> free;
    const auto plates = static_cast<uint32_t>(history.plates.size() - 1);
    for (uint32_t i = 0; i < plates && free.size() < kBatchSize; ++i) {
      const PlateNumber number{(first + i) % plates};
      if (twin_.plate({pool_, number}).state == PlateState::free) {
        free.push_back(number);
      }
    }
    const NaiveEngine::Face face = twin_.face(car);
    for (const PlateNumber kept : face.batch) {
      const auto& listed = face.shortlist;
      if (free.size() < kBatchSize &&
          std::find(listed.begin(), listed.end(), kept) == listed.end()) {
        free.push_back(kept);
      }
    }
    return free;
  }

  Document told(const std::string& car) {
    const NaiveEngine::Face face = twin_.face(car);
    auto& [known, version] = versions_[car];
    if (version == 0 || !(known == face)) {
      known = face;
      ++version;
    }
    const auto left = [&](OfficeTick end) {
      return (end - twin_.office_now(pool_.office)).count() * 1000;
    };
    const auto hold = [&](const std::vector<PlateNumber>& plates, OfficeTick end) {
      Hold shown{{}, left(end)};
      for (const PlateNumber plate : plates) {
        shown.plates.push_back(id_of(plate));
      }
      return plates.empty() ? std::nullopt : std::optional(shown);
    };
    Document document{.step = static_cast<Step>(face.step),
                      .draws_left = face.draws_left,
                      .draw = face.draw,
                      .batch = hold(face.batch, face.batch_deadline),
                      .shortlist = hold(face.shortlist, face.shortlist_deadline),
                      .fallback = id_of(face.fallback),
                      .reserved = id_of(face.reserved),
                      .automatic = face.automatic,
                      .version = version};
    if (face.verified_until) {
      document.verified_left = left(*face.verified_until);
    }
    return document;
  }

  Request& note(const std::string& car, Request request, Refusal refusal) {
    request.client = "device of " + car;
    request.owner = owner_of(car);
    request.vehicle = car;
    request.window = around_now();
    request.answered = true;
    request.error = name_of(refusal);
    if (refusal == Refusal::none) {
      request.document = told(car);
    } else {
      (void)told(car);
    }
    history.requests.push_back(std::move(request));
    pass(10);
    return history.requests.back();
  }

  OperatorAct& note_act(OperatorVerb verb, PlateId plate, plated::Verdict::Kind kind) {
    history.acts.push_back(
        {verb, plate, around_now(), true, kind == plated::Verdict::Kind::ok, {}, {}});
    for (const auto& [car, owner] : history.owners) {
      (void)told(car);  // its version has grown, if this changed it
    }
    pass(1);
    return history.acts.back();
  }

  static std::string name_of(Refusal refusal) {
    switch (refusal) {
      case Refusal::none:
        return "";
      case Refusal::wrong_step:
        return "wrong_step";
      case Refusal::wrong_code:
        return "wrong_code";
      case Refusal::no_draws_left:
        return "no_draws_left";
      case Refusal::wrong_draw_number:
        return "wrong_draw_number";
      case Refusal::all_held:
        return "all_held";
      case Refusal::pool_empty:
        return "pool_empty";
      case Refusal::not_in_batch:
        return "not_in_batch";
      case Refusal::not_on_shortlist:
        return "not_on_shortlist";
      case Refusal::expired:
        return "expired";
      case Refusal::already_confirmed:
        return "already_confirmed";
      default:
        return "a refusal that the witness does not know";
    }
  }

  const PoolKey pool_{{18, 'B'}, PlateClass::small, Power::electric};
  NaiveEngine twin_;
  int64_t now_ = 100;
  std::map<std::string, std::pair<NaiveEngine::Face, int64_t>> versions_;
};

}  // namespace plated::linearizability
