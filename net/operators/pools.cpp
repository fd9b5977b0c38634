// Operators' requests about pools and what is loaded into them. Part of topics.h.
#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "net/operators/json.h"
#include "net/operators/selection.h"
#include "net/operators/topics.h"

namespace plated {
namespace {

namespace json = boost::json;

OperatorAnswer list_pools(const AdminCall& call) {
  json::array list;
  for (const PoolKey key : call.engine.pools()) {
    if (const auto pool = call.engine.pool(key)) {
      list.push_back(pool_json(*pool));
    }
  }
  return say(list, call.engine.last_sequence());
}

OperatorAnswer show_pool(const AdminCall& call) {
  const auto office = office_part(call.parts[0]);
  if (!office.value) {
    return office.refusal;
  }
  const auto plate_class = parse_class(call.parts[1]);
  const auto power = parse_power(call.parts[2]);
  if (!plate_class || !power) {
    return plate_class ? refuse({"power", "must be electric or hybrid"})
                       : refuse({"class", "must be small or large"});
  }
  const auto pool = call.engine.pool({*office.value, *plate_class, *power});
  if (!pool) {
    return not_found("nothing was loaded into this pool", call.engine);
  }
  return say(pool_json(*pool), call.engine.last_sequence());
}

// Says how a change of many plates went: under `verb`, how many it reached.
OperatorAnswer say_plates(const PlatesReport& report, PoolKey pool, std::string_view verb) {
  json::array refused;
  for (const RefusedPlate& plate : report.refused) {
    refused.push_back(
        json::object{{"plate", text_json(Plate{pool, plate.plate})}, {"why", plate.why}});
  }
  json::object answer{{verb, report.plates}, {"refused", std::move(refused)}};
  if (report.verdict.ok()) {
    return say(answer, report.verdict.rests_on);
  }
  OperatorAnswer refusal = refuse(report.verdict);
  if (!report.refused.empty()) {
    answer["error"] = json::parse(refusal.body).as_object()["error"];
    refusal.body = json::serialize(answer) + "\n";
  }
  return refusal;
}

// What the form says is to be loaded; the form has a fault if it is not a load.
LoadSegment read_segment(AdminForm& form) {
  LoadSegment segment;
  const std::optional<PoolKey> pool = form.pool();
  segment.plates = read_selection(form, pool);
  segment.all_zero = form.flag("all_zero");
  segment.release_at = form.instant("release_at");
  segment.note = form.text("note").value_or("");
  segment.dry_run = form.flag("dry_run");
  return segment;
}

OperatorAnswer load_segment(const AdminCall& call) {
  AdminForm form(call.request.body);
  LoadSegment segment = read_segment(form);
  if (!form.finish()) {
    return refuse(form.fault());
  }
  const PoolKey pool = segment.plates.pool;
  if (!call.engine.office(pool.office)) {
    return refuse(Verdict::refuse(Verdict::Kind::not_found, "no such office", "office"));
  }
  // First dry: what cannot be loaded makes no pool.
  const bool dry_run = segment.dry_run;
  segment.dry_run = true;
  PlatesReport report = call.engine.load(segment, call.actor());
  if (report.verdict.ok() && !dry_run) {
    if (!call.engine.pool(pool)) {
      const Verdict made = call.actions.make_pool(pool);
      if (!made.ok()) {
        return refuse(made);
      }
    }
    segment.dry_run = false;
    report = call.engine.load(segment, call.actor());
  }
  return say_plates(report, pool, "loaded");
}

// A selection whose pool is that of its plates, and the reason for what is done to them.
struct PlatesOrder {
  PlateSelection plates;
  std::string reason;
};

PlatesOrder read_order(AdminForm& form) {
  PlatesOrder order;
  order.plates = read_selection(form, std::nullopt);
  order.reason = form.text("reason", Need::required).value_or("");
  return order;
}

// Changes a selection. A range that is longer than what the engine changes at once goes in steps,
// from its beginning; each is done whole or not at all, and the first that is refused ends it. The
// report counts all steps that were done: the same order again goes on behind them.
template <class Change>
PlatesReport change_in_steps(const PlateSelection& selection, Change&& change) {
  PlateSelection step = selection;
  uint64_t done = 0;
  bool changed = false;
  for (;;) {
    const bool is_last = !selection.plates.empty() || selection.from.value > selection.to.value ||
                         selection.to.value - step.from.value < kPlatesChangedMax;
    step.to = is_last ? selection.to
                      : PlateNumber{static_cast<uint32_t>(step.from.value + kPlatesChangedMax - 1)};
    PlatesReport report = change(step);
    if (report.verdict.ok()) {
      done += report.plates;
      changed = changed || report.verdict.changed;
    }
    if (is_last || !report.verdict.ok()) {
      report.plates = done;
      report.verdict.changed = changed;
      return report;
    }
    step.from.value = step.to.value + 1;
  }
}

OperatorAnswer withhold_plates(const AdminCall& call) {
  AdminForm form(call.request.body);
  const PlatesOrder order = read_order(form);
  if (!form.finish()) {
    return refuse(form.fault());
  }
  const auto withhold = [&](const PlateSelection& plates) {
    return call.engine.withhold(plates, order.reason, call.actor());
  };
  return say_plates(change_in_steps(order.plates, withhold), order.plates.pool, "withheld");
}

OperatorAnswer restore_plates(const AdminCall& call) {
  AdminForm form(call.request.body);
  const PlatesOrder order = read_order(form);
  if (!form.finish()) {
    return refuse(form.fault());
  }
  const auto restore = [&](const PlateSelection& plates) {
    return call.engine.restore(plates, order.reason, call.actor());
  };
  return say_plates(change_in_steps(order.plates, restore), order.plates.pool, "restored");
}

constexpr std::array<AdminRoute, 5> kPoolRoutes = {{
    {"GET", "/v1/pools", list_pools, {}, Shows::nobody},
    {"GET", "/v1/pools/{office}/{class}/{power}", show_pool, {}, Shows::nobody},
    {"POST", "/v1/segments", load_segment},
    {"POST", "/v1/plates/withhold", withhold_plates},
    {"POST", "/v1/plates/restore", restore_plates},
}};

}  // namespace

std::span<const AdminRoute> pool_routes() { return kPoolRoutes; }

}  // namespace plated
