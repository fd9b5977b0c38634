#include "tests/linearizability/application_model.h"

#include <algorithm>
#include <initializer_list>

namespace plated::linearizability {
namespace {

bool has(const std::vector<PlateId>& plates, PlateId plate) {
  return std::find(plates.begin(), plates.end(), plate) != plates.end();
}

bool is_one_of(std::string_view code, std::initializer_list<std::string_view> codes) {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

void change(ApplicationState& state) {
  ++state.version;
  state.version_exact = false;
}

void release_all(ApplicationState& state) {
  state.batch_live = false;
  state.shortlist_live = false;
  state.batch.clear();
  state.batch_known = true;
  state.shortlist.clear();
  state.picked = kNoPlate;
  state.batch_end = state.shortlist_end = state.verified_end = {};
}

void reserve(ApplicationState& state, PlateId plate, bool automatic) {
  release_all(state);
  state.step = Step::done;
  state.fallback = kNoPlate;
  state.reserved = plate;
  state.automatic = automatic;
}

// The refusals of a request that do not depend on the application alone.
bool may_depend_on_others(const Request& request) {
  switch (request.verb) {
    case Verb::send_code:
      return request.error == "too_soon";
    case Verb::submit:
    case Verb::verify:
      return is_one_of(request.error, {"wrong_code", "code_expired", "too_many_tries"});
    case Verb::draw:
      return is_one_of(request.error, {"all_held", "pool_empty"});
    default:
      return false;
  }
}

}  // namespace

std::size_t ApplicationModel::hash(const State& state) const {
  std::size_t hash = static_cast<std::size_t>(state.step);
  for (const std::size_t part :
       {std::size_t{state.draws_left}, std::size_t{state.draw}, std::size_t{state.batch_live},
        std::size_t{state.shortlist_live}, std::size_t{state.reserved}, std::size_t{state.picked},
        state.batch.size(), state.shortlist.size(), static_cast<std::size_t>(state.version)}) {
    hash = (hash ^ part) * 0x100000001B3U;
  }
  return hash;
}

// Every state in which the application may be at some instant of the window, if nobody asks for
// anything.
void ApplicationModel::settle(const State& state, Window window, std::vector<State>& out) const {
  if (state.step != Step::pick) {
    out.push_back(state);
    return;
  }
  // However much ends unseen, clients cannot tell it from one change.
  State now = state;
  if (now.version_exact) {
    change(now);
  }
  if (now.batch_live) {
    if (now.batch_end.may_run(clock_, window)) {
      out.push_back(state);  // and with it the shortlist, which outlives it
    }
    if (!now.batch_end.may_be_over(clock_, window)) {
      return;
    }
    now.batch_live = false;
    now.batch_end = {};
  }
  if (now.shortlist_live) {
    if (now.shortlist_end.may_run(clock_, window)) {
      out.push_back(state.batch_live ? now : state);
    }
    if (!now.shortlist_end.may_be_over(clock_, window)) {
      return;
    }
    now.shortlist_live = false;
    now.shortlist_end = {};
  }
  if (now.draws_left == 0) {
    reserve(now, now.fallback, true);
    out.push_back(std::move(now));
    return;
  }
  if (now.verified_end.may_run(clock_, window)) {
    out.push_back(state.batch_live || state.shortlist_live ? now : state);
  }
  if (now.verified_end.may_be_over(clock_, window)) {
    now.step = Step::notice;
    now.verified_end = {};
    out.push_back(std::move(now));
  }
}

ApplicationModel::Ruling ApplicationModel::rule(const State& state, const Request& request) const {
  switch (request.verb) {
    case Verb::vehicles:
    case Verb::enter:
      return {.retry = true};
    case Verb::send_code:
      return state.step == request.code_for ? Ruling{.retry = true, .may_fail = true}
                                            : Ruling{"wrong_step"};
    case Verb::submit:
      if (state.step != Step::submit) {
        return {.retry = true};
      }
      if (request.terms != settings_.terms) {
        return {"terms_outdated"};
      }
      return request.code == settings_.code ? Ruling{.may_fail = true}
                                            : Ruling{"wrong_code", false, true};
    case Verb::verify:
      if (state.step != Step::submit && state.step != Step::notice) {
        return {.retry = true};
      }
      if (state.step == Step::submit) {
        return {"wrong_step"};
      }
      return request.code == settings_.code ? Ruling{.may_fail = true}
                                            : Ruling{"wrong_code", false, true};
    case Verb::draw:
      return rule_draw(state, request);
    case Verb::shortlist:
      return rule_shortlist(state, request);
    case Verb::confirm:
      return rule_confirm(state, request);
  }
  return {};
}

ApplicationModel::Ruling ApplicationModel::rule_draw(const State& state,
                                                     const Request& request) const {
  if (state.draw > 0 && request.draw == state.draw) {
    return {.retry = true};
  }
  if (state.step != Step::pick) {
    return {"wrong_step"};
  }
  if (request.draw != state.draw + 1) {
    return {"wrong_draw_number"};
  }
  if (state.draws_left == 0) {
    return {"no_draws_left"};
  }
  return {.may_fail = true};
}

ApplicationModel::Ruling ApplicationModel::rule_shortlist(const State& state,
                                                          const Request& request) const {
  if (state.shortlist_live && has(state.shortlist, request.plate)) {
    return {.retry = true};
  }
  if (state.step != Step::pick) {
    return {"wrong_step"};
  }
  // Of a batch that nobody was told, the answer says whether the plate is in it.
  const bool in_batch = state.batch_known
                            ? has(state.batch, request.plate)
                            : request.error != "not_in_batch" && request.plate != kNoPlate;
  if (!in_batch) {
    return {"not_in_batch"};
  }
  return state.batch_live ? Ruling{} : Ruling{"expired"};
}

ApplicationModel::Ruling ApplicationModel::rule_confirm(const State& state,
                                                        const Request& request) const {
  if (state.step == Step::done || state.step == Step::issued) {
    const bool same =
        state.reserved == kUnknownPlate ? request.error.empty() : state.reserved == request.plate;
    return same ? Ruling{.retry = true} : Ruling{"already_confirmed"};
  }
  if (state.step != Step::pick) {
    return {"wrong_step"};
  }
  if (!has(state.shortlist, request.plate)) {
    return {"not_on_shortlist"};
  }
  return state.shortlist_live ? Ruling{} : Ruling{"expired"};
}

void ApplicationModel::take_effect(State& state, const Request& request, Window window) const {
  change(state);
  const Countdown verified = Countdown::of(clock_, window, settings_.verified_for);
  const Countdown shortlisted = Countdown::of(clock_, window, settings_.shortlist_hold);
  switch (request.verb) {
    case Verb::vehicles:
    case Verb::enter:
    case Verb::send_code:
      return;
    case Verb::submit:
      state.step = Step::notice;
      state.draws_left = settings_.draws;
      return;
    case Verb::verify:
      state.step = Step::pick;
      state.verified_end = verified;
      return;
    case Verb::draw:
      state.draw = request.draw;
      --state.draws_left;
      state.batch.clear();
      state.batch_known = false;
      state.fallback = kUnknownPlate;
      state.picked = kNoPlate;
      state.batch_live = true;
      state.batch_end = Countdown::of(clock_, window, settings_.batch_hold);
      state.verified_end = verified;
      if (state.shortlist_live) {
        state.shortlist_end = shortlisted;
      }
      return;
    case Verb::shortlist: {
      if (!state.shortlist_live) {
        state.shortlist.clear();
      } else if (state.picked != kNoPlate) {
        std::erase(state.shortlist, state.picked);
      }
      const auto place =
          std::upper_bound(state.shortlist.begin(), state.shortlist.end(), request.plate);
      state.shortlist.insert(place, request.plate);
      state.shortlist_live = true;
      state.picked = request.plate;
      state.shortlist_end = shortlisted;
      state.verified_end = verified;
      return;
    }
    case Verb::confirm:
      reserve(state, request.plate, false);
      return;
  }
}

bool ApplicationModel::learn_batch(State& state, const std::vector<PlateId>& plates) const {
  if (state.batch_known) {
    return state.batch == plates;
  }
  std::vector<PlateId> sorted = plates;
  std::sort(sorted.begin(), sorted.end());
  if (plates.empty() || plates.size() > settings_.batch_size ||
      std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end() ||
      (state.picked != kNoPlate && !has(plates, state.picked)) ||
      (state.fallback != kUnknownPlate && state.fallback != plates[0])) {
    return false;
  }
  // What is on the shortlist from earlier batches is held, so it was not drawn again.
  for (const PlateId plate : state.shortlist) {
    if (state.shortlist_live && plate != state.picked && has(plates, plate)) {
      return false;
    }
  }
  state.batch = plates;
  state.batch_known = true;
  state.fallback = plates[0];
  return true;
}

bool ApplicationModel::agree_holds(State& state, const Document& told, Window window) const {
  if (told.batch.has_value() != state.batch_live ||
      told.shortlist.has_value() != state.shortlist_live) {
    return false;
  }
  if (told.batch && (!learn_batch(state, told.batch->plates) ||
                     !state.batch_end.agree(clock_, window, told.batch->left))) {
    return false;
  }
  if (told.shortlist) {
    std::vector<PlateId> sorted = told.shortlist->plates;
    std::sort(sorted.begin(), sorted.end());
    if (sorted != state.shortlist ||
        !state.shortlist_end.agree(clock_, window, told.shortlist->left)) {
      return false;
    }
  }
  const bool has_fallback = state.step == Step::pick && state.draws_left == 0;
  if ((told.fallback != kNoPlate) != has_fallback) {
    return false;
  }
  if (has_fallback && state.fallback == kUnknownPlate) {
    state.fallback = told.fallback;
  }
  return !has_fallback || told.fallback == state.fallback;
}

// Whether what was told is the application in this state; what was not known of it, is then.
bool ApplicationModel::agree(State& state, const Document& told, Window window) const {
  if (told.version < state.version || (state.version_exact && told.version != state.version)) {
    return false;
  }
  state.version = told.version;
  state.version_exact = true;
  const bool counted = state.step != Step::submit;  // draws are set when it is submitted
  if (told.step != state.step || told.draw != state.draw ||
      (counted && told.draws_left != state.draws_left) || !agree_holds(state, told, window)) {
    return false;
  }
  const bool in_pick = state.step == Step::pick;
  if (told.verified_left.has_value() != in_pick ||
      (in_pick && !state.verified_end.agree(clock_, window, *told.verified_left))) {
    return false;
  }
  if (told.reserved != kNoPlate && state.reserved == kUnknownPlate) {
    state.reserved = told.reserved;
  }
  return told.reserved == state.reserved && told.automatic == state.automatic;
}

void ApplicationModel::step(const State& state, const Action& action, Window window,
                            std::vector<State>& out) const {
  if (action.what == Action::What::request) {
    step_request(state, action, window, out);
    return;
  }
  std::vector<State> settled;
  settle(state, window, settled);
  for (State& now : settled) {
    if (action.what == Action::What::told) {
      if (agree(now, *action.told, window)) {
        out.push_back(std::move(now));
      }
      continue;
    }
    // An operator's word on a plate that this application has; else it concerns another's.
    const bool unknown = now.step == Step::done && now.reserved == kUnknownPlate;
    const bool has_it = unknown || (now.step == Step::done && now.reserved == action.plate);
    if (unknown) {
      out.push_back(now);
    }
    if (has_it && action.what == Action::What::issued) {
      now.step = Step::issued;
      now.reserved = action.plate;
      change(now);
    } else if (has_it) {
      State next;
      next.version = now.version;
      change(next);
      now = next;
    }
    out.push_back(std::move(now));
  }
}

void ApplicationModel::step_request(const State& state, const Action& action, Window window,
                                    std::vector<State>& out) const {
  const Request& request = *action.request;
  // Refusals that say nothing of the application, and are the only lawful ones where they are due.
  if (request.malformed || !action.by_owner || request.error == "overloaded") {
    const std::string_view due = request.malformed  ? "bad_request"
                                 : !action.by_owner ? "not_your_vehicle"
                                                    : "overloaded";
    if (request.error == due) {
      out.push_back(state);
    }
    return;
  }
  if (request.verb == Verb::vehicles && request.step == state.step) {
    out.push_back(state);  // a list of vehicles says what is recorded, not what is due
  }
  std::vector<State> settled;
  settle(state, window, settled);
  for (State& now : settled) {
    const Ruling ruling = rule(now, request);
    const bool may_be_refused = ruling.may_fail && may_depend_on_others(request);
    if (request.answered && !request.error.empty()) {
      if (request.error == ruling.refusal || may_be_refused) {
        out.push_back(std::move(now));
      }
      continue;
    }
    if (!ruling.refusal.empty() || (!request.answered && ruling.retry)) {
      continue;
    }
    if (!ruling.retry) {
      take_effect(now, request, window);
    }
    if ((!request.document || agree(now, *request.document, window)) &&
        (!request.step || *request.step == now.step)) {
      out.push_back(std::move(now));
    }
  }
}

std::string describe(const ApplicationState& state, const History& history) {
  std::string text = "step " + std::string(name_of(state.step)) + ", version " +
                     std::to_string(state.version) + (state.version_exact ? "" : " or more") +
                     ", draw " + std::to_string(state.draw) + ", " +
                     std::to_string(state.draws_left) + " left";
  const auto list = [&](const char* what, const std::vector<PlateId>& plates, bool live) {
    text += std::string("; ") + what + (live ? "" : " (over)");
    for (const PlateId plate : plates) {
      text += " " + history.text_of(plate);
    }
  };
  list("batch", state.batch_known ? state.batch : std::vector<PlateId>{kUnknownPlate},
       state.batch_live);
  list("shortlist", state.shortlist, state.shortlist_live);
  if (state.step == Step::pick && state.draws_left == 0) {
    text += "; fallback " + history.text_of(state.fallback);
  }
  if (state.reserved != kNoPlate) {
    text += "; reserved " + history.text_of(state.reserved) + (state.automatic ? " by itself" : "");
  }
  return text;
}

}  // namespace plated::linearizability
