// Reconciling: what the log adds up to, against what the server counts now and against a list from
// elsewhere. Part of topics.h.
#include <algorithm>
#include <array>

#include "net/operators/json.h"
#include "net/operators/topics.h"
#include "net/protocol/trimmed.h"

namespace plated {
namespace {

namespace json = boost::json;

using PoolList = std::vector<std::pair<PoolKey, PoolCounts>>;

constexpr int kAttempts = 1000;
constexpr std::size_t kDifferencesMax = 10'000;

// The live counts of all pools as of one sequence.
struct LiveCounts {
  bool still = false;  // false: the log moved on each time, so the counts are of several moments
  Sequence sequence;
  PoolList pools;
};

LiveCounts count_live(Engine& engine) {
  LiveCounts live;
  for (int i = 0; i < kAttempts && !live.still; ++i) {
    live.sequence = engine.last_sequence();
    live.pools.clear();
    for (const PoolKey key : engine.pools()) {
      if (const auto pool = engine.pool(key)) {
        live.pools.emplace_back(key, pool->counts);
      }
    }
    live.still = engine.last_sequence() == live.sequence;
  }
  return live;
}

struct CsvRow {
  std::size_t line = 0;
  Plate plate;
  std::string vehicle;
  std::string state;
};

// What may surround a line and its parts: spaces, quotes, the end of a line as Windows writes it.
constexpr std::string_view kAround = " \"\r";

bool is_state(std::string_view name) {
  for (const PlateState state : {PlateState::free, PlateState::held, PlateState::reserved,
                                 PlateState::issued, PlateState::withheld}) {
    if (name == name_of(state)) {
      return true;
    }
  }
  return false;
}

// One line `plate,vehicle,state`; the fault says what is wrong with it.
std::optional<FormFault> read_row(std::string_view line, CsvRow& row) {
  const std::size_t first = line.find(',');
  const std::size_t second = line.find(',', first == std::string_view::npos ? first : first + 1);
  const std::string where = "line " + std::to_string(row.line);
  if (second == std::string_view::npos || line.find(',', second + 1) != std::string_view::npos) {
    return FormFault{where, "must be plate,vehicle,state"};
  }
  const ParsedPlate parsed = parse_plate(trimmed(line.substr(0, first), kAround));
  if (!parsed.plate) {
    return FormFault{where, sentence_of(parsed.error)};
  }
  row.plate = *parsed.plate;
  row.vehicle = trimmed(line.substr(first + 1, second - first - 1), kAround);
  row.state = trimmed(line.substr(second + 1), kAround);
  if (!is_state(row.state)) {
    return FormFault{where, "a state is free, held, reserved, issued or withheld"};
  }
  return std::nullopt;
}

std::optional<FormFault> read_csv(std::string_view body, std::vector<CsvRow>& rows) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (body.starts_with(kByteOrderMark)) {
    body.remove_prefix(kByteOrderMark.size());
  }
  for (std::size_t line = 1; !body.empty(); ++line) {
    const std::size_t end = std::min(body.find('\n'), body.size());
    const std::string_view text = trimmed(body.substr(0, end), kAround);
    body.remove_prefix(std::min(end + 1, body.size()));
    if (text.empty() || (line == 1 && text.starts_with("plate,"))) {
      continue;
    }
    CsvRow row{.line = line, .plate = {}, .vehicle = {}, .state = {}};
    if (auto fault = read_row(text, row)) {
      return fault;
    }
    rows.push_back(std::move(row));
  }
  return std::nullopt;
}

void compare_row(Engine& engine, const CsvRow& row, json::array& differences) {
  const PlateReport report = engine.plate(row.plate);
  const auto differ = [&](std::string_view field, std::string_view theirs, std::string_view ours) {
    if (theirs != ours && differences.size() < kDifferencesMax) {
      differences.push_back(json::object{{"line", row.line},
                                         {"plate", text_json(row.plate)},
                                         {"field", field},
                                         {"csv", theirs},
                                         {"plated", ours}});
    }
  };
  differ("state", row.state, report.loaded ? name_of(report.state) : "not_loaded");
  differ("vehicle", row.vehicle, report.vehicle);
}

void compare_pools(const LiveCounts& live, const PoolList& counted, json::array& differences) {
  for (const auto& [key, counts] : live.pools) {
    const auto found =
        std::find_if(counted.begin(), counted.end(),
                     [pool = key](const auto& entry) { return entry.first == pool; });
    const json::object ours = counts_json(key, counts);
    const json::object logged =
        counts_json(key, found == counted.end() ? PoolCounts{} : found->second);
    for (const auto& field : ours) {
      if (field.value() != logged.at(field.key())) {
        differences.push_back(json::object{{"office", ours.at("office")},
                                           {"class", ours.at("class")},
                                           {"power", ours.at("power")},
                                           {"field", field.key()},
                                           {"log", logged.at(field.key())},
                                           {"plated", field.value()}});
      }
    }
  }
}

OperatorAnswer reconcile(const AdminCall& call) {
  std::vector<CsvRow> rows;
  if (const auto fault = read_csv(call.request.body, rows)) {
    return refuse(*fault);
  }
  const Verdict noted = call.engine.note_action("reconcile", call.actor());
  if (!noted.ok()) {
    return refuse(noted);
  }
  const LiveCounts live = count_live(call.engine);
  if (!call.actions.wait_durable(live.sequence)) {
    return refuse_request(500, "internal", "the log has failed");
  }
  const Recounted recounted = call.actions.recount(live.sequence);
  json::array differences;
  if (live.still && recounted.sequence == live.sequence) {
    compare_pools(live, recounted.pools, differences);
  }
  for (const CsvRow& row : rows) {
    compare_row(call.engine, row, differences);
  }
  json::array pools;
  for (const auto& [key, counts] : recounted.pools) {
    pools.push_back(counts_json(key, counts));
  }
  const bool ok = recounted.ok && differences.empty();
  json::object answer{{"ok", ok},
                      {"sequence", sequence_json(recounted.sequence)},
                      {"compared_with_live", live.still},
                      {"pools", std::move(pools)},
                      {"differences", std::move(differences)}};
  if (!recounted.ok) {
    answer["problem"] = recounted.problem;
  }
  return say(answer, noted.rests_on);
}

constexpr std::array<AdminRoute, 1> kReconcileRoutes = {{
    {"POST", "/v1/reconcile", reconcile},
}};

}  // namespace

std::span<const AdminRoute> reconcile_routes() { return kReconcileRoutes; }

}  // namespace plated
