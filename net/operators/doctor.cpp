// What is wrong with a server, or soon will be, and what can be done. Part of topics.h; and what an
// office lacks before it is opened to the public, which is the same knowledge.
#include <algorithm>
#include <array>

#include "net/operators/json.h"
#include "net/operators/readiness.h"
#include "net/operators/topics.h"

namespace plated {
namespace {

namespace json = boost::json;

constexpr std::size_t kNamed = 5;  // offices that a finding names; of the others it says how many

std::string_view name_of(FindingLevel level) {
  constexpr std::array<std::string_view, 3> kNames = {"ok", "warning", "error"};
  return kNames[static_cast<std::size_t>(level)];
}

std::string names_of(const std::vector<Office>& offices) {
  std::string text;
  for (std::size_t i = 0; i < std::min(offices.size(), kNamed); ++i) {
    text.append(i == 0 ? "" : ", ").append(text_of(offices[i].code).view());
  }
  if (offices.size() > kNamed) {
    text += " and " + std::to_string(offices.size() - kNamed) + " more";
  }
  return text;
}

bool any_open(const std::vector<Office>& offices) {
  return std::any_of(offices.begin(), offices.end(), [](const Office& o) { return o.open; });
}

template <class Lacks>
std::vector<Office> those_that(const AdminCall& call, Lacks&& lacks) {
  std::vector<Office> found;
  for (const Office& office : call.engine.offices()) {
    if (lacks(office)) {
      found.push_back(office);
    }
  }
  return found;
}

Finding finding_on_terms(const AdminCall& call) {
  const std::vector<Office> wrong =
      those_that(call, [&](const Office& office) { return !has_own_terms(call, office); });
  if (wrong.empty() || call.engine.rehearsal()) {
    return {"terms", FindingLevel::ok, "every office has terms of its own", {}};
  }
  return {"terms", any_open(wrong) ? FindingLevel::error : FindingLevel::warning,
          "only the demonstration's terms: " + names_of(wrong),
          "say a version (PUT /v1/terms/{version}) and set it at the office (settings.terms)"};
}

Finding finding_on_segments(const AdminCall& call) {
  const std::vector<Office> wrong =
      those_that(call, [&](const Office& office) { return !has_segment(call.engine, office); });
  if (!wrong.empty()) {
    return {"segments", any_open(wrong) ? FindingLevel::error : FindingLevel::warning,
            "no plates are loaded: " + names_of(wrong), "load them (POST /v1/segments)"};
  }
  std::string empty;
  for (const PoolKey key : call.engine.pools()) {
    const auto pool = call.engine.pool(key);
    if (pool && pool->counts.free == 0) {
      empty.append(empty.empty() ? "" : ", ")
          .append(text_of(key.office).view())
          .append("/")
          .append(name_of(key.plate_class))
          .append("/")
          .append(name_of(key.power));
    }
  }
  if (!empty.empty()) {
    return {"segments", FindingLevel::warning, "no plate is free: " + empty,
            "load another segment, or wait until what is held or returning is free"};
  }
  return {"segments", FindingLevel::ok, "every office has plates", {}};
}

Finding finding_on_gateway(const AdminCall& call) {
  if (call.engine.rehearsal()) {
    return {"gateway", FindingLevel::ok, "a rehearsal sends no SMS", {}};
  }
  const std::string problem = call.actions.gateway_problem();
  if (problem.empty()) {
    return {"gateway", FindingLevel::ok, "SMS leave", {}};
  }
  return {"gateway", FindingLevel::error, problem,
          "look after the receiver and sms.* of the configuration; notices and codes are tried "
          "again by themselves"};
}

OperatorAnswer examine(const AdminCall& call) {
  std::vector<Finding> findings = call.actions.examine();
  if (call.engine.clock_suspended()) {
    std::erase_if(findings, [](const Finding& one) { return one.check == "clock"; });
    findings.push_back({"clock", FindingLevel::error, "a jump of the wall clock is not accepted",
                        "set the clock right, then platectl clock accept; until then no day ends"});
  }
  findings.push_back(finding_on_terms(call));
  findings.push_back(finding_on_segments(call));
  findings.push_back(finding_on_gateway(call));
  json::array list;
  for (const Finding& one : findings) {
    list.push_back(json::object{{"check", one.check},
                                {"level", name_of(one.level)},
                                {"found", one.found},
                                {"remedy", one.remedy}});
  }
  return say(list, call.engine.last_sequence());
}

constexpr std::array<AdminRoute, 1> kDoctorRoutes = {{
    {"GET", "/v1/doctor", examine, {}, Shows::nobody},
}};

}  // namespace

bool has_own_terms(const AdminCall& call, const Office& office) {
  const auto terms = call.engine.terms(office.settings.terms);
  return terms && !call.actions.is_demonstration(*terms);
}

bool has_segment(Engine& engine, const Office& office) {
  const std::vector<PoolKey> pools = engine.pools();
  return std::any_of(pools.begin(), pools.end(), [&](PoolKey key) {
    const auto pool = key.office == office.code ? engine.pool(key) : std::nullopt;
    return pool && !pool->segments.empty();
  });
}

std::vector<Lack> what_lacks(const AdminCall& call, const Office& office) {
  std::vector<Lack> lacks;
  if (!has_own_terms(call, office)) {
    lacks.push_back({"terms", "its terms are the demonstration's"});
  }
  if (!has_segment(call.engine, office)) {
    lacks.push_back({"segments", "no plates are loaded"});
  }
  if (std::string problem = call.actions.gateway_problem(); !problem.empty()) {
    lacks.push_back({"gateway", "no SMS would leave: " + problem});
  }
  return lacks;
}

std::span<const AdminRoute> doctor_routes() { return kDoctorRoutes; }

}  // namespace plated
