#include "tests/linearizability/history.h"

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_to.hpp>
#include <exception>
#include <stdexcept>
#include <unordered_map>
#include <utility>

namespace plated::linearizability {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 6> kSteps{"submit", "notice", "pick",
                                                 "done",   "issued", "lapsed"};
constexpr std::array<std::string_view, 8> kVerbs{"vehicles", "enter", "send_code", "submit",
                                                 "verify",   "draw",  "shortlist", "confirm"};
constexpr std::array<std::string_view, 3> kOperatorVerbs{"look", "issue", "void"};
constexpr Micros kMicrosPerMilli = 1000;

// Boost.JSON throws at what is not there or of another type; so does this. `read_history` says
// which line it was.
template <class Enum, std::size_t N>
Enum parse_name(const std::array<std::string_view, N>& names, const json::value& value) {
  const std::string_view text = value.as_string();
  const auto found = std::find(names.begin(), names.end(), text);
  if (found == names.end()) {
    throw std::invalid_argument("unknown word " + std::string(text));
  }
  return static_cast<Enum>(found - names.begin());
}

template <class Number>
Number number_of(const json::object& object, std::string_view name) {
  return object.at(name).to_number<Number>();
}

Micros millis_of(const json::object& object, std::string_view name) {
  return number_of<Micros>(object, name) * kMicrosPerMilli;
}

bool is_there(const json::object& object, std::string_view name) {
  const json::value* const value = object.if_contains(name);
  return value != nullptr && !value->is_null();
}

std::string text_of(const json::object& object, std::string_view name) {
  return is_there(object, name) ? std::string(object.at(name).as_string()) : std::string();
}

class Reader {
 public:
  explicit Reader(History& history) : history_(history) {}

  void read(const json::object& line) {
    const std::string_view kind = line.at("kind").as_string();
    if (kind == "settings") {
      read_settings(line);
    } else if (kind == "request") {
      read_request(line);
    } else if (kind == "push") {
      history_.pushes.push_back(
          {text_of(line, "client"), text_of(line, "vehicle"),
           Window{number_of<Micros>(line, "after"), number_of<Micros>(line, "return")},
           document(line.at("application").as_object())});
    } else if (kind == "operator") {
      read_act(line);
    } else if (kind == "outage") {
      history_.outages.push_back(
          {number_of<Micros>(line, "killed_at"), number_of<Micros>(line, "dead_at"),
           number_of<Micros>(line, "started_at"), number_of<Micros>(line, "ready_at")});
    } else {
      throw std::invalid_argument("unknown kind " + std::string(kind));
    }
  }

 private:
  void read_settings(const json::object& line) {
    history_.settings = {text_of(line, "code"),
                         text_of(line, "terms"),
                         number_of<uint32_t>(line, "draws"),
                         number_of<uint32_t>(line, "batch_size"),
                         millis_of(line, "batch_hold_ms"),
                         millis_of(line, "shortlist_hold_ms"),
                         millis_of(line, "verified_for_ms"),
                         millis_of(line, "given_back_ms")};
    for (const auto& [vehicle, owner] : line.at("owners").as_object()) {
      history_.owners.emplace(std::string(vehicle), std::string(owner.as_string()));
    }
  }

  static Window window(const json::object& line) {
    return {number_of<Micros>(line, "call"),
            is_there(line, "return") ? number_of<Micros>(line, "return") : kForever};
  }

  void read_request(const json::object& line) {
    Request request;
    request.client = text_of(line, "client");
    request.owner = text_of(line, "owner");
    request.vehicle = text_of(line, "vehicle");
    request.verb = parse_name<Verb>(kVerbs, line.at("op"));
    request.malformed = is_there(line, "malformed") && line.at("malformed").as_bool();
    if (!request.malformed) {
      request.draw = is_there(line, "draw") ? number_of<uint32_t>(line, "draw") : 0;
      request.plate = plate(text_of(line, "plate"));
      request.code = text_of(line, "code");
      request.terms = text_of(line, "terms");
      request.code_for = text_of(line, "for") == "verify" ? Step::notice : Step::submit;
    }
    request.window = window(line);
    request.answered = is_there(line, "return");
    if (is_there(line, "error")) {
      request.error = text_of(line.at("error").as_object(), "code");
    } else if (request.answered) {
      read_ok(line.at("ok").as_object(), request);
    }
    history_.requests.push_back(std::move(request));
  }

  void read_ok(const json::object& ok, Request& request) {
    if (request.verb == Verb::vehicles) {
      for (const json::value& one : ok.at("vehicles").as_array()) {
        if (one.as_object().at("vehicle").as_string() == request.vehicle) {
          request.step = parse_name<Step>(kSteps, one.as_object().at("step"));
        }
      }
    } else if (request.verb != Verb::send_code) {
      request.document = document(ok);
    }
  }

  void read_act(const json::object& line) {
    OperatorAct act;
    act.verb = parse_name<OperatorVerb>(kOperatorVerbs, line.at("op"));
    act.plate = plate(text_of(line, "plate"));
    act.window = window(line);
    act.answered = is_there(line, "return");
    act.ok = act.answered && line.at("ok").as_bool();
    act.state = text_of(line, "state");
    act.vehicle = text_of(line, "vehicle");
    history_.acts.push_back(std::move(act));
  }

  Document document(const json::object& application) {
    Document document;
    document.step = parse_name<Step>(kSteps, application.at("step"));
    document.draws_left = number_of<uint32_t>(application, "draws_left");
    document.draw = number_of<uint32_t>(application, "draw");
    document.batch = hold(application, "batch");
    document.shortlist = hold(application, "shortlist");
    document.fallback = plate(text_of(application, "fallback"));
    if (is_there(application, "reservation")) {
      const json::object& reservation = application.at("reservation").as_object();
      document.reserved = plate(text_of(reservation, "plate"));
      document.automatic = reservation.at("auto").as_bool();
    }
    if (is_there(application, "verified_in_ms")) {
      document.verified_left = millis_of(application, "verified_in_ms");
    }
    document.version = number_of<int64_t>(application, "version");
    return document;
  }

  std::optional<Hold> hold(const json::object& application, std::string_view name) {
    if (!is_there(application, name)) {
      return std::nullopt;
    }
    const json::object& told = application.at(name).as_object();
    Hold hold{{}, millis_of(told, "expires_in_ms")};
    for (const json::value& one : told.at("plates").as_array()) {
      hold.plates.push_back(plate(std::string(one.as_string())));
    }
    return hold;
  }

  PlateId plate(const std::string& text) {
    if (text.empty()) {
      return kNoPlate;
    }
    const auto [found, added] = known_.emplace(text, history_.plates.size());
    if (added) {
      history_.plates.push_back(text);
    }
    return found->second;
  }

  History& history_;
  std::unordered_map<std::string, PlateId> known_;
};

}  // namespace

std::string_view name_of(Step step) { return kSteps.at(static_cast<std::size_t>(step)); }

std::string_view name_of(Verb verb) { return kVerbs.at(static_cast<std::size_t>(verb)); }

Micros History::may_act_until(Micros at) const {
  Micros until = kForever;
  for (const Outage& outage : outages) {
    if (outage.dead_at >= at) {
      until = std::min(until, outage.dead_at);
    }
  }
  return until;
}

std::string History::text_of(PlateId plate) const {
  return plate == kUnknownPlate ? "a plate that nobody was told" : plates.at(plate);
}

History read_history(std::istream& lines, std::string& fault) {
  History history;
  Reader reader(history);
  std::string line;
  for (std::size_t number = 1; std::getline(lines, line); ++number) {
    if (line.empty()) {
      continue;
    }
    try {
      reader.read(json::parse(line).as_object());
    } catch (const std::exception& wrong) {
      fault = "line " + std::to_string(number) + ": " + wrong.what();
      return history;
    }
  }
  if (history.settings.draws == 0) {
    fault = "no line has the settings";
  }
  return history;
}

}  // namespace plated::linearizability
