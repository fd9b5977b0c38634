#include "net/operators/metrics.h"

#include <prometheus/text_serializer.h>

#include <array>
#include <limits>
#include <utility>
#include <vector>

#include "engine/plate.h"
#include "net/protocol/answer_text.h"
#include "net/protocol/message.h"

namespace plated {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

// The ends of the exported buckets, in microseconds: a subset of what is counted, for each bucket
// is a time series.
constexpr std::array<int64_t, 17> kBucketEnds = {
    100,     250,     500,     1'000,     2'500,     5'000,     10'000,     25'000,    50'000,
    100'000, 250'000, 500'000, 1'000'000, 2'500'000, 5'000'000, 10'000'000, 30'000'000};
constexpr double kMicrosPerSecond = 1e6;
constexpr double kMilli = 1e-3;

class Families {
 public:
  void begin(MetricType type, const char* name, const char* help) {
    families_.push_back({name, help, type, {}});
  }
  ClientMetric& add(Labels labels) {
    ClientMetric& metric = families_.back().metric.emplace_back();
    metric.label = std::move(labels);
    return metric;
  }
  // A counter or gauge of one value, of the family that was begun last.
  void value(double value, Labels labels = {}) {
    ClientMetric& metric = add(std::move(labels));
    metric.counter.value = value;
    metric.gauge.value = value;
  }
  void gauge(const char* name, const char* help, double number) {
    begin(MetricType::Gauge, name, help);
    value(number);
  }
  void counter(const char* name, const char* help, uint64_t number) {
    begin(MetricType::Counter, name, help);
    value(static_cast<double>(number));
  }
  [[nodiscard]] std::string text() const {
    return prometheus::TextSerializer().Serialize(families_);
  }

 private:
  std::vector<MetricFamily> families_;
};

void add_service(Families& out, Engine& engine, const ServiceReport& report) {
  out.begin(MetricType::Gauge, "plated_build_info", "The version that runs.");
  out.value(1, {{"version", report.version}});
  out.gauge("plated_uptime_seconds", "Time since the start.",
            static_cast<double>(report.uptime.count()) * kMilli);
  out.gauge("plated_start_time_seconds", "When it started, as Unix time.",
            static_cast<double>(report.started.time_since_epoch().count()) * kMilli);
  out.gauge("plated_rehearsal", "1 for a rehearsal's data directory.", engine.rehearsal() ? 1 : 0);
  out.gauge("plated_clock_suspended", "1 while a jump of civil time waits to be accepted.",
            engine.clock_suspended() ? 1 : 0);
  out.gauge("plated_sessions", "Open WebSocket connections.", static_cast<double>(report.sessions));
  out.counter("plated_sms_sent_total", "Messages that the gateway took.", report.sms_sent);
  out.counter("plated_sms_failed_total", "Attempts to send that failed.", report.sms_failed);
  out.gauge("plated_sms_queued", "Messages that wait for the gateway.",
            static_cast<double>(report.sms_queued));
}

void add_log(Families& out, Engine& engine, const ServiceReport& report) {
  const auto last = static_cast<double>(engine.last_sequence().value);
  const auto durable = static_cast<double>(report.durable.value);
  out.gauge("plated_log_sequence", "The last record appended.", last);
  out.gauge("plated_log_durable_sequence", "The last record that is durable.", durable);
  out.gauge("plated_log_durable_lag_records", "Records that are not durable yet.",
            last > durable ? last - durable : 0);
  out.gauge("plated_log_age_seconds", "Time since records last became durable.",
            static_cast<double>(report.log_age.count()) * kMilli);
  out.gauge("plated_log_bytes", "Size of the log files.", static_cast<double>(report.log_bytes));
  out.gauge("plated_log_files", "Number of log files.", static_cast<double>(report.log_files));
  out.gauge("plated_log_room_bytes", "Room for records in log files that are there already.",
            static_cast<double>(report.log_room));
  out.gauge("plated_disk_full", "1 while no more log files can be made.",
            report.log_room_problem.empty() ? 0 : 1);
  if (report.disk_free) {
    out.gauge("plated_disk_free_bytes", "Free space where the data directory is.",
              static_cast<double>(*report.disk_free));
  }
  if (report.snapshot) {
    out.gauge("plated_snapshot_sequence", "The place of the newest snapshot.",
              static_cast<double>(report.snapshot->value));
    out.gauge("plated_snapshot_age_seconds", "Time since the newest snapshot.",
              static_cast<double>(report.snapshot_age.count()) * kMilli);
  }
}

void add_totals(Families& out, const Totals& totals) {
  out.gauge("plated_owners", "Owners known.", static_cast<double>(totals.owners));
  out.gauge("plated_vehicles", "Vehicles known.", static_cast<double>(totals.vehicles));
  out.gauge("plated_timers", "Armed timers.", static_cast<double>(totals.timers));
  out.counter("plated_draws_total", "Draws since the start.", totals.draws);
  out.counter("plated_shortlistings_total", "Plates shortlisted.", totals.shortlistings);
  out.counter("plated_confirmations_total", "Plates confirmed by their owners.",
              totals.confirmations);
  out.counter("plated_auto_confirmations_total", "Plates confirmed by themselves.",
              totals.auto_confirmations);
  out.counter("plated_expiries_total", "Batches and shortlists that ran out.", totals.expiries);
  out.counter("plated_lapses_total", "Reservations that lapsed.", totals.lapses);
}

Labels pool_labels(PoolKey pool) {
  return {{"office", std::string(text_of(pool.office).view())},
          {"class", std::string(name_of(pool.plate_class))},
          {"power", std::string(name_of(pool.power))}};
}

void add_pools(Families& out, Engine& engine) {
  std::vector<std::pair<PoolKey, PoolCounts>> pools;
  for (const PoolKey key : engine.pools()) {
    if (const auto pool = engine.pool(key)) {
      pools.emplace_back(key, pool->counts);
    }
  }
  out.begin(MetricType::Gauge, "plated_pool_plates", "Plates of a pool by state.");
  for (const auto& [key, counts] : pools) {
    const std::array<std::pair<const char*, uint64_t>, 5> states = {
        {{"free", counts.free},
         {"held", counts.held},
         {"reserved", counts.reserved},
         {"issued", counts.issued},
         {"withheld", counts.withheld}}};
    for (const auto& [state, count] : states) {
      Labels labels = pool_labels(key);
      labels.push_back({"state", state});
      out.value(static_cast<double>(count), std::move(labels));
    }
  }
  out.begin(MetricType::Gauge, "plated_pool_loaded_plates", "Plates ever loaded into a pool.");
  for (const auto& [key, counts] : pools) {
    out.value(static_cast<double>(counts.loaded), pool_labels(key));
  }
  out.begin(MetricType::Gauge, "plated_pool_free_without4_plates", "Free plates without a 4.");
  for (const auto& [key, counts] : pools) {
    out.value(static_cast<double>(counts.free_without4), pool_labels(key));
  }
}

void add_offices(Families& out, Engine& engine) {
  out.begin(MetricType::Gauge, "plated_office_state", "1 for the state that an office is in.");
  for (const Office& office : engine.offices()) {
    for (const OfficeState state :
         {OfficeState::open, OfficeState::closed, OfficeState::paused, OfficeState::maintenance}) {
      out.value(office.state() == state ? 1 : 0,
                {{"office", std::string(text_of(office.code).view())},
                 {"state", std::string(name_of(state))}});
    }
  }
}

void add_waiting(Families& out, Engine& engine) {
  std::vector<std::pair<std::string, WaitingReport>> rooms;
  for (const Office& office : engine.offices()) {
    if (auto room = engine.waiting(office.code)) {
      rooms.emplace_back(text_of(office.code).view(), std::move(*room));
    }
  }
  const auto gauge = [&](const char* name, const char* help, auto&& number) {
    out.begin(MetricType::Gauge, name, help);
    for (const auto& [office, room] : rooms) {
      if (const std::optional<double> value = number(room)) {
        out.value(*value, {{"office", office}});
      }
    }
  };
  gauge("plated_waiting_lobby", "Owners in the lobby of an office.",
        [](const WaitingReport& room) { return room.lobby; });
  gauge("plated_waiting_queue", "Owners in the queue of an office.",
        [](const WaitingReport& room) { return room.queue; });
  gauge("plated_waiting_working", "Owners who work in an office.",
        [](const WaitingReport& room) { return room.working; });
  gauge("plated_waiting_working_max", "How many owners may work in an office; 0: as many as come.",
        [](const WaitingReport& room) { return room.working_max; });
  gauge("plated_waiting_admitted_per_minute", "Admitted in the last minute, once that is known.",
        [](const WaitingReport& room) {
          return room.admitted_per_minute ? std::optional<double>(*room.admitted_per_minute)
                                          : std::nullopt;
        });
}

void add_requests(Families& out, const RequestTotals& totals) {
  out.begin(MetricType::Counter, "plated_requests_total", "Answers by op and code.");
  for (std::size_t op = 0; op < kOps; ++op) {
    for (std::size_t code = 0; code < kErrorCodes; ++code) {
      if (const uint64_t count = totals.answers[op][code]; count > 0) {
        out.value(static_cast<double>(count),
                  {{"op", std::string(name_of(static_cast<Op>(op)))},
                   {"code", std::string(name_of(static_cast<ErrorCode>(code)))}});
      }
    }
  }
}

void add_limits(Families& out, const LimitCounts& refused) {
  out.begin(MetricType::Counter, "plated_refused_by_limit_total",
            "Connections and requests that were refused because of a limit.");
  for (std::size_t i = 0; i < refused.size(); ++i) {
    out.value(static_cast<double>(refused[i]),
              {{"limit", std::string(name_of(static_cast<Limit>(i)))}});
  }
}

void add_latency(Families& out, const RequestTotals& totals) {
  out.begin(MetricType::Histogram, "plated_request_duration_seconds",
            "Time from reading a request to handing its answer over, durable.");
  for (std::size_t op = 0; op < kOps; ++op) {
    const LatencyCounts& latency = totals.latency[op];
    ClientMetric& metric = out.add({{"op", std::string(name_of(static_cast<Op>(op)))}});
    metric.histogram.sample_count = latency.count;
    metric.histogram.sample_sum = static_cast<double>(latency.sum_us) / kMicrosPerSecond;
    std::size_t next = 0;
    uint64_t seen = 0;
    for (const int64_t end : kBucketEnds) {
      for (; next < kLatencyBuckets && latency_bucket_end(next) <= end; ++next) {
        seen += latency.buckets[next];
      }
      // Divided: a product with 1e-6 is not the double that 0.1 is written for.
      metric.histogram.bucket.push_back({seen, static_cast<double>(end) / kMicrosPerSecond});
    }
    metric.histogram.bucket.push_back({latency.count, std::numeric_limits<double>::infinity()});
  }
}

}  // namespace

std::string metrics_text(Engine& engine, const ServiceReport& report) {
  Families families;
  add_service(families, engine, report);
  add_log(families, engine, report);
  add_totals(families, engine.totals());
  add_pools(families, engine);
  add_offices(families, engine);
  add_waiting(families, engine);
  add_requests(families, report.requests);
  add_limits(families, report.refused);
  add_latency(families, report.requests);
  return families.text();
}

}  // namespace plated
