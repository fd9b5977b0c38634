#include "net/operators/history.h"

#include <algorithm>
#include <array>
#include <boost/json/serialize.hpp>
#include <memory>
#include <variant>

#include "engine/record_filter.h"
#include "net/operators/json.h"

namespace plated {

namespace json = boost::json;

namespace {

constexpr std::size_t kAuditPage = 4096;  // records read from the log at once

OperatorAnswer log_unreadable() {
  return refuse_request(500, "internal",
                        "the log could not be read; the server's own log says why");
}

OperatorAnswer log_failed() {
  return refuse_request(500, "internal", "the log has failed; nothing is acknowledged any more");
}

OperatorAnswer show_plate(const AdminCall& call) {
  const auto plate = plate_part(call.parts[0]);
  if (!plate.value) {
    return plate.refusal;
  }
  const PlateReport report = call.engine.plate(*plate.value);
  if (!report.loaded) {
    return not_found("this plate was never loaded", call.engine);
  }
  json::object answer{{"plate", text_json(*plate.value)},
                      {"state", name_of(report.state)},
                      {"vehicle", nullptr},
                      {"owner", nullptr}};
  if (!report.vehicle.empty()) {
    answer["vehicle"] = report.vehicle;
    answer["owner"] = report.owner;
  }
  if (report.why) {
    answer["why"] = name_of(*report.why);
    answer["reason"] = report.reason;
  }
  return say_with_history(call, std::move(answer), PlateFilter(*plate.value), report.rests_on);
}

// One pass over the log, page by page, so that an answer of any length takes little memory.
class AuditPages {
 public:
  AuditPages(const AdminActions& actions, Sequence after, Sequence until)
      : actions_(actions), after_(after), until_(until) {}

  // Appends the next lines; false at the end. A log that cannot be read any further ends with a
  // line that says so, for the status has been sent by then.
  bool next(std::string& out) {
    if (after_ >= until_) {
      return false;
    }
    const auto wanted = [](const Record& record) {
      return !std::holds_alternative<TimeRecorded>(record.event);
    };
    const auto records = actions_.history({after_, until_, kAuditPage, wanted});
    if (!records) {
      after_ = until_;
      failed_ = true;
      out += log_unreadable().body;
      return true;
    }
    for (const json::object& record : *records) {
      out += json::serialize(record);
      out += '\n';
    }
    // A page that is not full has seen the end.
    after_ = records->size() < kAuditPage ? until_ : place_of(records->back());
    return !records->empty();
  }

  [[nodiscard]] bool failed() const { return failed_; }

 private:
  static Sequence place_of(const json::object& record) {
    return Sequence{record.at("sequence").to_number<uint64_t>()};
  }

  const AdminActions& actions_;
  Sequence after_;
  Sequence until_;
  bool failed_ = false;
};

OperatorAnswer audit(const AdminCall& call) {
  const auto said = call.query.find("since");
  const auto since = said == call.query.end() ? uint64_t{0} : number_of(said->second);
  if (!since) {
    return refuse({"since", "must be a sequence, a whole number"});
  }
  const Sequence until = call.engine.last_sequence();
  if (!call.actions.wait_durable(until)) {
    return log_failed();
  }
  OperatorAnswer answer{.content_type = "application/x-ndjson"};
  const auto pages = std::make_shared<AuditPages>(call.actions, Sequence{*since}, until);
  pages->next(answer.body);
  if (pages->failed()) {
    return log_unreadable();
  }
  answer.more = [pages](std::string& out) { return pages->next(out); };
  return answer;
}

constexpr std::array<AdminRoute, 1> kPlateRoutes = {{
    {"GET", "/v1/plates/{plate}", show_plate, {}, Shows::people},
}};

constexpr std::array<AdminRoute, 1> kAuditRoutes = {{
    {"GET", "/v1/audit", audit, "since", Shows::people},
}};

}  // namespace

OperatorAnswer say_with_history(const AdminCall& call, json::object answer,
                                std::function<bool(const Record&)> wanted, Sequence rests_on) {
  const Sequence until = std::max(rests_on, call.engine.last_sequence());
  if (!call.actions.wait_durable(until)) {
    return log_failed();
  }
  auto records = call.actions.history({Sequence{}, until, kHistoryMax, std::move(wanted)});
  if (!records) {
    return log_unreadable();
  }
  json::array history;
  for (json::object& record : *records) {
    history.push_back(std::move(record));
  }
  answer["history"] = std::move(history);
  return say(answer, until);
}

std::span<const AdminRoute> plate_routes() { return kPlateRoutes; }
std::span<const AdminRoute> audit_routes() { return kAuditRoutes; }

}  // namespace plated
