// Reconciling: what the log adds up to, against what the server counts now and against a list from
// elsewhere. Part of topics.h.
#include <algorithm>
#include <array>
#include <set>

#include "net/operators/json.h"
#include "net/operators/registration_list.h"
#include "net/operators/topics.h"

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

// What a list says and plated does not, and the other way round.
class ListComparison {
 public:
  ListComparison(Engine& engine, json::array& differences)
      : engine_(engine), differences_(differences) {}

  void compare(const std::vector<ListedPlate>& rows) {
    for (const ListedPlate& row : rows) {
      if (!listed_.insert(row.plate).second) {
        differ(row, "plate", "twice", "once");
        continue;
      }
      const PlateReport report = engine_.plate(row.plate);
      differ(row, "state", row.state, report.loaded ? name_of(report.state) : "not_loaded");
      differ(row, "vehicle", row.vehicle, report.vehicle);
    }
    for (const PoolKey pool : engine_.pools()) {
      for (const PlateNumber number : engine_.reserved(pool)) {
        if (const Plate plate{pool, number}; !listed_.contains(plate)) {
          note(nullptr, plate, "state", "not_listed", name_of(PlateState::reserved));
        }
      }
    }
  }

 private:
  void differ(const ListedPlate& row, std::string_view field, std::string_view theirs,
              std::string_view ours) {
    if (theirs != ours) {
      note(row.line, row.plate, field, theirs, ours);
    }
  }
  void note(json::value line, const Plate& plate, std::string_view field, std::string_view theirs,
            std::string_view ours) {
    if (differences_.size() < kDifferencesMax) {
      differences_.push_back(json::object{{"line", std::move(line)},
                                          {"plate", text_json(plate)},
                                          {"field", field},
                                          {"csv", theirs},
                                          {"plated", ours}});
    }
  }

  Engine& engine_;
  json::array& differences_;
  std::set<Plate> listed_;
};

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
  const bool has_list = !call.request.body.empty();
  const RegistrationList list =
      has_list ? read_registration_list(call.request.body) : RegistrationList{};
  if (list.fault) {
    return refuse(*list.fault);
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
  if (has_list) {
    ListComparison(call.engine, differences).compare(list.rows);
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
