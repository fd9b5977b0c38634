// Operators' requests about the server itself: status, metrics, the outbox, the clock, snapshots,
// draining, rehearsals. Part of topics.h.
#include <algorithm>
#include <array>

#include "net/operators/json.h"
#include "net/operators/metrics.h"
#include "net/operators/topics.h"
#include "net/protocol/answer_text.h"
#include "net/protocol/message.h"

namespace plated {
namespace {

namespace json = boost::json;

constexpr std::size_t kNoticesListed = 10'000;
constexpr int64_t kRehearsalNumbersEnd = 1'000'000'000'000;  // twelve digits
constexpr int64_t kRehearsalOwnersMax = 20'000'000;          // of one request

// Status.

json::object rates_json(const ServiceReport& report) {
  json::object rates;
  for (std::size_t op = 0; op < kOps; ++op) {
    rates[name_of(static_cast<Op>(op))] = report.rates[op];
  }
  return rates;
}

json::object latency_json(const RequestTotals& totals) {
  json::object all;
  for (std::size_t op = 0; op < kOps; ++op) {
    const LatencyCounts& latency = totals.latency[op];
    all[name_of(static_cast<Op>(op))] = json::object{{"count", latency.count},
                                                     {"p50_us", latency.percentile_us(50)},
                                                     {"p90_us", latency.percentile_us(90)},
                                                     {"p99_us", latency.percentile_us(99)},
                                                     {"p999_us", latency.percentile_us(99.9)},
                                                     {"max_us", latency.percentile_us(100)}};
  }
  return all;
}

json::object log_json(Engine& engine, const ServiceReport& report) {
  return {{"sequence", sequence_json(engine.last_sequence())},
          {"durable", sequence_json(report.durable)},
          {"bytes", report.log_bytes},
          {"files", report.log_files},
          {"age_ms", report.log_age.count()},
          {"room_bytes", report.log_room},
          {"problem", report.log_room_problem.empty() ? json::value(nullptr)
                                                      : json::value(report.log_room_problem)}};
}

json::value snapshot_json(const ServiceReport& report) {
  if (!report.snapshot) {
    return nullptr;
  }
  return json::object{{"sequence", sequence_json(*report.snapshot)},
                      {"age_ms", report.snapshot_age.count()}};
}

json::object sms_json(const ServiceReport& report) {
  json::object sms{{"sent", report.sms_sent},
                   {"failed", report.sms_failed},
                   {"queued", report.sms_queued},
                   {"failing_for_ms", report.sms_failing_for.count()},
                   {"last_failure", nullptr}};
  if (!report.sms_last_failure.empty()) {
    sms["last_failure"] = report.sms_last_failure;
  }
  return sms;
}

// Some are as of now, and some count since the start: it is said of each.
json::object totals_json(const Totals& totals, CivilTime started) {
  return {{"owners", totals.owners},
          {"vehicles", totals.vehicles},
          {"timers", totals.timers},
          {"draws", totals.draws},
          {"shortlistings", totals.shortlistings},
          {"confirmations", totals.confirmations},
          {"auto_confirmations", totals.auto_confirmations},
          {"expiries", totals.expiries},
          {"lapses", totals.lapses},
          {"as_of_now", {"owners", "vehicles", "timers"}},
          {"since_the_start",
           {"draws", "shortlistings", "confirmations", "auto_confirmations", "expiries", "lapses"}},
          {"started_at", instant_json(started)}};
}

OperatorAnswer show_status(const AdminCall& call) {
  Engine& engine = call.engine;
  const ServiceReport report = call.actions.report();
  json::array pools;
  for (const PoolKey key : engine.pools()) {
    if (const auto pool = engine.pool(key)) {
      pools.push_back(counts_json(key, pool->counts));
    }
  }
  json::array offices;
  uint64_t waiting = 0;
  for (const Office& office : engine.offices()) {
    const auto room = engine.waiting(office.code);
    waiting += room ? room->lobby + room->queue : 0;
    offices.push_back(json::object{{"office", text_json(office.code)},
                                   {"name", office.name},
                                   {"state", name_of(office.state())},
                                   {"until", instant_json(office.schedule_changes)}});
  }
  return say(json::object{{"version", report.version},
                          {"uptime_ms", report.uptime.count()},
                          {"role", "leader"},
                          {"rehearsal", engine.rehearsal()},
                          {"clock_suspended", engine.clock_suspended()},
                          {"sessions", report.sessions},
                          {"waiting", waiting},
                          {"rates", rates_json(report)},
                          {"latency", latency_json(report.requests)},
                          {"log", log_json(engine, report)},
                          {"snapshot", snapshot_json(report)},
                          {"sms", sms_json(report)},
                          {"totals", totals_json(engine.totals(), report.started)},
                          {"pools", std::move(pools)},
                          {"offices", std::move(offices)}},
             {});
}

OperatorAnswer show_metrics(const AdminCall& call) {
  return {.content_type = "text/plain; version=0.0.4; charset=utf-8",
          .body = metrics_text(call.engine, call.actions.report())};
}

// The outbox.

json::object notice_json(const PendingNotice& notice) {
  return {{"id", std::to_string(notice.id.value)},
          {"kind", name_of(notice.kind)},
          {"owner", notice.owner},
          {"vehicle", notice.vehicle.view()},
          {"plate", text_json(notice.plate)},
          {"deadline", text_json(notice.deadline)},
          {"blacklisted_until", instant_json(notice.blacklisted_until)},
          {"at", instant_json(notice.at)}};
}

OperatorAnswer list_notices(const AdminCall& call) {
  const auto said = call.query.find("after");
  const auto after = said == call.query.end() ? uint64_t{0} : number_of(said->second);
  if (!after) {
    return refuse({"after", "must be the id of a notice"});
  }
  json::array list;
  for (const PendingNotice& notice : call.engine.notices(Sequence{*after}, kNoticesListed)) {
    list.push_back(notice_json(notice));
  }
  return say(list, call.engine.last_sequence());
}

OperatorAnswer retry_notice(const AdminCall& call) {
  AdminForm form(call.request.body);
  if (!form.finish()) {
    return refuse(form.fault());
  }
  const auto id = number_of(call.parts[0]);
  const auto pending =
      id && *id > 0 ? call.engine.notices(Sequence{*id - 1}, 1) : std::vector<PendingNotice>{};
  if (pending.empty() || pending[0].id.value != *id) {
    return not_found("no such notice is pending", call.engine);
  }
  const Verdict noted =
      call.engine.note_action("retry notice " + std::to_string(*id), call.actor());
  if (!noted.ok()) {
    return refuse(noted);
  }
  const bool changed = call.actions.retry_notice(pending[0].id);
  return say(json::object{{"id", std::to_string(*id)}, {"changed", changed}}, noted.rests_on);
}

// The server.

OperatorAnswer take_snapshot(const AdminCall& call) {
  AdminForm form(call.request.body);
  if (!form.finish()) {
    return refuse(form.fault());
  }
  const Verdict noted = call.engine.note_action("snapshot", call.actor());
  if (!noted.ok()) {
    return refuse(noted);
  }
  const ActionReport report = call.actions.snapshot();
  if (!report.done) {
    return refuse_request(500, "internal", "no snapshot was written: " + report.why);
  }
  return say(json::object{{"sequence", sequence_json(report.sequence)}}, noted.rests_on);
}

// The record is durable before the drain begins: afterwards nothing may be written any more.
OperatorAnswer drain(const AdminCall& call) {
  AdminForm form(call.request.body);
  if (!form.finish()) {
    return refuse(form.fault());
  }
  const Verdict noted = call.engine.note_action("drain", call.actor());
  if (!noted.ok()) {
    return refuse(noted);
  }
  if (!call.actions.wait_durable(noted.rests_on)) {
    return refuse_request(500, "internal", "the log has failed");
  }
  call.actions.drain();
  return say(json::object{{"draining", true}}, noted.rests_on);
}

OperatorAnswer accept_clock(const AdminCall& call) {
  AdminForm form(call.request.body);
  if (!form.finish()) {
    return refuse(form.fault());
  }
  call.actions.accept_clock();
  const Verdict verdict = call.engine.accept_clock(call.actor());
  if (!verdict.ok()) {
    return refuse(verdict);
  }
  return say(json::object{{"changed", verdict.changed}}, verdict.rests_on);
}

OperatorAnswer make_rehearsal_owners(const AdminCall& call) {
  AdminForm form(call.request.body);
  const int64_t from =
      form.integer("from", Need::optional, 0, kRehearsalNumbersEnd - 1).value_or(0);
  const auto count = form.integer("count", Need::required, 1, kRehearsalOwnersMax);
  if (count && from + *count > kRehearsalNumbersEnd) {
    form.fail("count", "leads beyond twelve digits");
  }
  if (!form.finish()) {
    return refuse(form.fault());
  }
  if (!call.engine.rehearsal()) {
    return refuse(Verdict::refuse(Verdict::Kind::conflict, "only a rehearsal makes owners"));
  }
  uint64_t made = 0;
  uint64_t unchanged = 0;
  Sequence rests_on = call.engine.last_sequence();
  for (int64_t number = from; number < from + *count; ++number) {
    const Verdict verdict = insist(call, [&] {
      return call.engine.make_rehearsal_owner(static_cast<uint64_t>(number),
                                              call.actions.rehearsal_office);
    });
    if (!verdict.ok()) {
      return refuse(verdict);
    }
    ++(verdict.changed ? made : unchanged);
    rests_on = std::max(rests_on, verdict.rests_on);
  }
  const std::string what =
      "make owners r-" + std::to_string(from) + " to r-" + std::to_string(from + *count - 1);
  const Verdict noted = insist(call, [&] { return call.engine.note_action(what, call.actor()); });
  return say(json::object{{"made", made}, {"unchanged", unchanged}},
             std::max(rests_on, noted.rests_on));
}

constexpr std::array<AdminRoute, 8> kServiceRoutes = {{
    {"GET", "/v1/status", show_status, {}, Shows::nobody},
    {"GET", "/metrics", show_metrics, {}, Shows::nobody},
    {"GET", "/v1/notices", list_notices, "after", Shows::people},
    {"POST", "/v1/notices/{id}/retry", retry_notice},
    {"POST", "/v1/snapshot", take_snapshot},
    {"POST", "/v1/drain", drain},
    {"POST", "/v1/clock/accept", accept_clock},
    {"POST", "/v1/rehearsal/owners", make_rehearsal_owners},
}};

}  // namespace

std::span<const AdminRoute> service_routes() { return kServiceRoutes; }

}  // namespace plated
