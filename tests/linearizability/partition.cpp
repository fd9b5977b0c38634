#include "tests/linearizability/partition.h"

#include <algorithm>
#include <array>
#include <set>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace plated::linearizability {
namespace {

std::string text_of(const History& history, const Document& told) {
  std::string text = "version " + std::to_string(told.version) + ", " +
                     std::string(name_of(told.step)) + ", draw " + std::to_string(told.draw) +
                     ", " + std::to_string(told.draws_left) + " left";
  const auto list = [&](const char* what, const std::optional<Hold>& hold) {
    if (hold) {
      text += std::string(", ") + what + " for " + std::to_string(hold->left / 1000) + " ms:";
      for (const PlateId plate : hold->plates) {
        text += " " + history.text_of(plate);
      }
    }
  };
  list("batch", told.batch);
  list("shortlist", told.shortlist);
  if (told.reserved != kNoPlate) {
    text += ", reserved " + history.text_of(told.reserved) + (told.automatic ? " by itself" : "");
  }
  return text;
}

std::string text_of(const History& history, const Request& request) {
  std::string text = request.client + " " + std::string(name_of(request.verb));
  if (request.verb == Verb::draw) {
    text += " " + std::to_string(request.draw);
  } else if (request.plate != kNoPlate) {
    text += " " + history.text_of(request.plate);
  }
  if (!request.answered) {
    return text + " -> never answered";
  }
  if (!request.error.empty()) {
    return text + " -> " + request.error;
  }
  text += " -> ok";
  if (request.step) {
    text += ", " + std::string(name_of(*request.step));
  }
  return request.document ? text + ": " + text_of(history, *request.document) : text;
}

std::string text_of(const History& history, const OperatorAct& act) {
  constexpr std::array<std::string_view, 3> kVerbNames{"look at", "issue", "void"};
  std::string text = "operator " + std::string(kVerbNames.at(static_cast<std::size_t>(act.verb))) +
                     " " + history.text_of(act.plate);
  if (!act.answered) {
    return text + " -> never answered";
  }
  return text + (act.ok ? " -> ok" : " -> refused") + (act.state.empty() ? "" : ": " + act.state) +
         (act.vehicle.empty() ? "" : " by " + act.vehicle);
}

// When a device's request, or what it was pushed, may have taken effect.
Window in_effect(const History& history, Window window) {
  return {window.from, std::min(window.until, history.may_act_until(window.from))};
}

std::set<PlateId> plates_of(const Document& told) {
  std::set<PlateId> plates{told.fallback, told.reserved};
  for (const auto* hold : {&told.batch, &told.shortlist}) {
    if (*hold) {
      plates.insert((*hold)->plates.begin(), (*hold)->plates.end());
    }
  }
  plates.erase(kNoPlate);
  return plates;
}

// An application as somebody was told it, at one instant of the window.
struct Sighting {
  Window window;
  const Document* told = nullptr;
  std::string who;
  uint32_t which = 0;  // of the vehicle's applications, counted by the sightings
  uint32_t rank = 0;   // by version; even ranks are for the draws in between

  [[nodiscard]] bool in_batch(PlateId plate) const { return has(told->batch, plate); }
  [[nodiscard]] bool on_shortlist(PlateId plate) const { return has(told->shortlist, plate); }
  [[nodiscard]] bool shows(PlateId plate) const { return plates_of(*told).contains(plate); }
  // What holds the plate until it ends by itself; null when nothing ends it.
  [[nodiscard]] const Hold* hold_of(PlateId plate) const {
    if (told->fallback == plate || told->reserved == plate) {
      return nullptr;
    }
    return on_shortlist(plate) ? &*told->shortlist : &*told->batch;
  }

 private:
  static bool has(const std::optional<Hold>& hold, PlateId plate) {
    return hold && std::find(hold->plates.begin(), hold->plates.end(), plate) != hold->plates.end();
  }
};

// One vehicle's part in the histories of plates.
class VehicleSightings {
 public:
  VehicleSightings(const History& history, const ServiceClock& clock, const std::string& vehicle,
                   VehicleId id, std::map<PlateId, PlateHistory>& out)
      : history_(history), clock_(clock), vehicle_(vehicle), id_(id), out_(out) {}

  void write() {
    collect();
    std::map<PlateId, std::vector<std::size_t>> shown;
    for (std::size_t i = 0; i < sightings_.size(); ++i) {
      for (const PlateId plate : plates_of(*sightings_[i].told)) {
        shown[plate].push_back(i);
      }
    }
    for (const auto& [plate, where] : shown) {
      write_draws(plate, where);
      write_shown(plate, where);
      write_gone(plate, where);
      write_unanswered(plate);
    }
  }

 private:
  void collect() {
    for (const Request& request : history_.requests) {
      if (request.vehicle != vehicle_) {
        continue;
      }
      if (request.document) {
        sightings_.push_back(
            {in_effect(history_, request.window), &*request.document, request.client});
      }
      requests_.push_back(&request);
    }
    for (const Push& push : history_.pushes) {
      if (push.vehicle == vehicle_) {
        sightings_.push_back(
            {in_effect(history_, push.window), &push.document, push.client + " was pushed"});
      }
    }
    std::stable_sort(sightings_.begin(), sightings_.end(), [](const auto& a, const auto& b) {
      return a.told->version < b.told->version;
    });
    tighten();
    // A void ends an application; the next begins where nothing was drawn.
    for (std::size_t i = 1; i < sightings_.size(); ++i) {
      const Document& before = *sightings_[i - 1].told;
      const Document& now = *sightings_[i].told;
      const bool next = now.draw < before.draw || (now.draw == 0 && now.step < before.step);
      sightings_[i].which = sightings_[i - 1].which + (next ? 1 : 0);
    }
  }

  // Versions only grow, so what was told of a higher one was so after, of a lower one before. (If
  // they do not, the application's history says so.)
  void tighten() {
    Micros from = kLongAgo;
    uint32_t rank = 0;
    for (std::size_t first = 0, next = 0; first < sightings_.size(); first = next) {
      next = next_version(first);
      Micros latest = from;
      rank += 2;
      for (std::size_t i = first; i < next; ++i) {
        sightings_[i].rank = rank - 1;
        latest = std::max(latest, sightings_[i].window.from);
        sightings_[i].window.from = std::max(sightings_[i].window.from, from);
      }
      from = latest;
    }
    Micros until = kForever;
    for (std::size_t end = sightings_.size(); end > 0;) {
      const int64_t version = sightings_[end - 1].told->version;
      Micros earliest = until;
      for (; end > 0 && sightings_[end - 1].told->version == version; --end) {
        Window& window = sightings_[end - 1].window;
        earliest = std::min(earliest, window.until);
        window.until = std::min(window.until, until);
      }
      until = earliest;
    }
  }

  [[nodiscard]] std::size_t next_version(std::size_t sighting) const {
    const int64_t version = sightings_[sighting].told->version;
    while (sighting < sightings_.size() && sightings_[sighting].told->version == version) {
      ++sighting;
    }
    return sighting;
  }

  void add(PlateId plate, Window window, uint32_t rank, PlateAction action) {
    action.vehicle = id_;
    out_[plate].push_back({window, true, std::move(action), {id_, rank}});
  }

  // A plate came by a draw: the first request for it was before, the first sighting after.
  void write_draws(PlateId plate, const std::vector<std::size_t>& where) {
    // By application and draw: until when it was first seen, and the rank before.
    std::map<std::pair<uint32_t, uint32_t>, std::pair<Micros, uint32_t>> first_seen;
    for (const std::size_t i : where) {
      const Sighting& sighting = sightings_[i];
      const bool was_his =
          i > 0 && sightings_[i - 1].shows(plate) && sightings_[i - 1].which == sighting.which;
      if (sighting.in_batch(plate) || !was_his) {
        auto& [seen, rank] =
            first_seen
                .try_emplace({sighting.which, sighting.told->draw}, kForever, sighting.rank - 1)
                .first->second;
        seen = std::min(seen, sighting.window.until);
      }
    }
    for (const auto& [draw, first] : first_seen) {
      const auto& [seen, rank] = first;
      const auto [from, asked] = first_asked(draw.first, draw.second);
      if (asked) {
        add(plate, {from, seen}, rank,
            {.what = PlateAction::What::drawn,
             .text = "draw " + std::to_string(draw.second) + " of " + vehicle_});
      }
    }
  }

  // When a draw up to this one was first asked for, in this application of the vehicle.
  [[nodiscard]] std::pair<Micros, bool> first_asked(uint32_t which, uint32_t draw) const {
    Micros after = kLongAgo;
    for (const Sighting& sighting : sightings_) {
      if (sighting.which < which) {
        after = std::max(after, sighting.window.from);
      }
    }
    Micros from = kForever;
    for (const Request* request : requests_) {
      if (request->verb == Verb::draw && request->draw <= draw && request->window.until >= after) {
        from = std::min(from, request->window.from);
      }
    }
    return {std::max(from, after), from != kForever};
  }

  // A version has one end of its holds, however often it was told: the latest of what is known of
  // it. So sightings of one version leave one state, in whatever order they are tried.
  void write_shown(PlateId plate, const std::vector<std::size_t>& where) {
    std::map<int64_t, std::pair<Micros, Micros>> ends;  // of the hold, of its batch
    for (const std::size_t i : where) {
      const Sighting& sighting = sightings_[i];
      auto& [end, batch_end] =
          ends.try_emplace(sighting.told->version, kLongAgo, kLongAgo).first->second;
      end = std::max(end, end_of(sighting, sighting.hold_of(plate)));
      batch_end = std::max(
          batch_end, end_of(sighting, sighting.in_batch(plate) ? &*sighting.told->batch : nullptr));
    }
    for (const std::size_t i : where) {
      const Sighting& sighting = sightings_[i];
      const Document& told = *sighting.told;
      PlateAction action{.text =
                             sighting.who + " has " + vehicle_ + ": " + text_of(history_, told)};
      if (told.reserved == plate) {
        action.what =
            told.step == Step::issued ? PlateAction::What::issued : PlateAction::What::reserved;
      } else {
        action.what = PlateAction::What::held;
        std::tie(action.may_end, action.batch_may_end) = ends.at(told.version);
      }
      add(plate, sighting.window, sighting.rank, std::move(action));
    }
  }

  // The earliest moment at which a hold may be over; without one, it does not end by itself.
  [[nodiscard]] Micros end_of(const Sighting& sighting, const Hold* hold) const {
    return hold == nullptr ? kForever : Countdown::of(clock_, sighting.window, hold->left).earliest;
  }

  // Those that no longer show it; of each time, the ones of the first version that does not.
  void write_gone(PlateId plate, const std::vector<std::size_t>& where) {
    for (auto shown = where.begin(); shown != where.end(); ++shown) {
      const std::size_t end = shown + 1 == where.end() ? sightings_.size() : shown[1];
      for (std::size_t i = *shown + 1; i < end; ++i) {
        const Sighting& sighting = sightings_[i];
        if (sighting.told->version != sightings_[*shown + 1].told->version) {
          break;
        }
        add(plate, sighting.window, sighting.rank,
            {.what = PlateAction::What::gone,
             .text = sighting.who + " has " + vehicle_ +
                     " without it: " + text_of(history_, *sighting.told)});
      }
    }
  }

  void write_unanswered(PlateId plate) {
    for (const Request* request : requests_) {
      const bool lets_go = request->verb == Verb::draw || request->verb == Verb::confirm;
      if (request->answered || (!lets_go && request->verb != Verb::shortlist)) {
        continue;
      }
      out_[plate].push_back(
          {in_effect(history_, request->window),
           false,
           {.what = lets_go ? PlateAction::What::let_go : PlateAction::What::shortened,
            .vehicle = id_,
            .text = text_of(history_, *request)}});
    }
  }

  const History& history_;
  const ServiceClock& clock_;
  const std::string& vehicle_;
  VehicleId id_;
  std::map<PlateId, PlateHistory>& out_;
  std::vector<Sighting> sightings_;  // by version
  std::vector<const Request*> requests_;
};

PlateState::Phase phase_of(std::string_view state) {
  using Phase = PlateState::Phase;
  return state == "free"       ? Phase::free
         : state == "held"     ? Phase::held
         : state == "reserved" ? Phase::reserved
         : state == "issued"   ? Phase::issued
                               : Phase::returning;
}

void add_act(const History& history, const OperatorAct& act,
             const std::map<std::string, VehicleId>& ids, PlateHistory& out) {
  PlateAction action{.text = text_of(history, act)};
  if (act.verb == OperatorVerb::look) {
    if (!act.answered) {
      return;
    }
    action.what = PlateAction::What::looked;
    action.phase = phase_of(act.state);
    const auto found = ids.find(act.vehicle);
    action.vehicle = found == ids.end() ? kNobody : found->second;
  } else {
    action.what = act.verb == OperatorVerb::issue ? PlateAction::What::counter_issued
                                                  : PlateAction::What::voided;
  }
  const Micros until = act.answered ? act.window.until : history.may_act_until(act.window.from);
  out.push_back({{act.window.from, until}, act.answered, std::move(action)});
}

// An operator's word on a plate touches whoever has it: one of those who were ever told of it, or
// of those who were not told what they drew.
void add_acts(const History& history, Partition& partition) {
  std::map<PlateId, std::set<std::string>> told_of;  // unknown plates, too
  for (const Request& request : history.requests) {
    if (request.document) {
      for (const PlateId plate : plates_of(*request.document)) {
        told_of[plate].insert(request.vehicle);
      }
    } else if (request.verb == Verb::draw && !request.answered) {
      told_of[kUnknownPlate].insert(request.vehicle);
    }
  }
  for (const Push& push : history.pushes) {
    for (const PlateId plate : plates_of(push.document)) {
      told_of[plate].insert(push.vehicle);
    }
  }
  for (const OperatorAct& act : history.acts) {
    if (act.verb == OperatorVerb::look || (act.answered && !act.ok)) {
      continue;
    }
    const Micros until = act.answered ? act.window.until : history.may_act_until(act.window.from);
    std::set<std::string> vehicles = told_of[act.plate];
    vehicles.insert(told_of[kUnknownPlate].begin(), told_of[kUnknownPlate].end());
    for (const std::string& vehicle : vehicles) {
      partition.applications[vehicle].push_back(
          {{act.window.from, until},
           act.answered,
           {.what = act.verb == OperatorVerb::issue ? ApplicationAction::What::issued
                                                    : ApplicationAction::What::voided,
            .plate = act.plate,
            .text = text_of(history, act)}});
    }
  }
}

void add_applications(const History& history, Partition& partition) {
  for (const Request& request : history.requests) {
    const auto owner = history.owners.find(request.vehicle);
    ApplicationAction action{
        .request = &request,
        .by_owner = owner == history.owners.end() || owner->second == request.owner,
        .text = text_of(history, request)};
    partition.applications[request.vehicle].push_back(
        {in_effect(history, request.window), request.answered, std::move(action)});
  }
  for (const Push& push : history.pushes) {
    partition.applications[push.vehicle].push_back(
        {in_effect(history, push.window),
         true,
         {.what = ApplicationAction::What::told,
          .told = &push.document,
          .text = push.client + " was pushed: " + text_of(history, push.document)}});
  }
  add_acts(history, partition);
}

}  // namespace

Partition partition_of(const History& history, const ServiceClock& clock) {
  Partition partition;
  add_applications(history, partition);
  std::map<std::string, VehicleId> ids;
  for (const auto& [vehicle, operations] : partition.applications) {
    ids.emplace(vehicle, static_cast<VehicleId>(partition.vehicles.size()));
    partition.vehicles.push_back(vehicle);
  }
  for (const auto& [vehicle, id] : ids) {
    VehicleSightings(history, clock, vehicle, id, partition.plates).write();
  }
  for (const OperatorAct& act : history.acts) {
    if (!act.answered || act.ok) {
      add_act(history, act, ids, partition.plates[act.plate]);
    }
  }
  return partition;
}

}  // namespace plated::linearizability
