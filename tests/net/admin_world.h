// The operators' side over a small world: real routes and engine, and stand-ins for log and key
// store that a test can look into.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <boost/json/parse.hpp>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "net/operators/routes.h"
#include "tests/support/world.h"

namespace plated {

struct AdminWorld : World {
  explicit AdminWorld(bool rehearsal = true)
      : World(4, "small", rehearsal), routes(*engine, actions()) {}

  // --- Asking ---
  OperatorAnswer ask(std::string method, std::string target, std::string body = {}) {
    last =
        routes.answer({std::move(method), std::move(target), std::move(body), kOperator, "zhang"});
    return last;
  }
  OperatorAnswer get(std::string target) { return ask("GET", std::move(target)); }
  OperatorAnswer post(std::string target, std::string body = {}) {
    return ask("POST", std::move(target), std::move(body));
  }
  OperatorAnswer put(std::string target, std::string body) {
    return ask("PUT", std::move(target), std::move(body));
  }
  // The last answer, and a part of it by a path such as "settings.draws" or "offices.0.state".
  [[nodiscard]] boost::json::value json() const { return boost::json::parse(last.body); }
  [[nodiscard]] boost::json::value at(std::string path) const {
    boost::json::value here = json();
    while (!path.empty()) {
      const std::size_t dot = path.find('.');
      const std::string name = path.substr(0, dot);
      path = dot == std::string::npos ? "" : path.substr(dot + 1);
      const boost::json::value* next = nullptr;
      if (here.is_object()) {
        next = here.as_object().if_contains(name);
      } else if (here.is_array()) {
        next = here.as_array().if_contains(std::stoul(name));
      }
      if (next == nullptr) {
        ADD_FAILURE() << "no " << name << " in " << here;
        return nullptr;
      }
      here = boost::json::value(*next);
    }
    return here;
  }
  // "409 conflict plate": what the last answer refused with.
  [[nodiscard]] std::string refusal() const {
    if (last.status == 200) {
      return "none: " + last.body;
    }
    const boost::json::value error = at("error");
    std::string text = std::to_string(last.status) + " " + error.at("code").as_string().c_str();
    if (const auto* field = error.as_object().if_contains("field")) {
      text += " " + std::string(field->as_string());
    }
    return text;
  }

  // --- Stand-ins ---
  AdminActions actions() {
    AdminActions a;
    a.wait_durable = [this](Sequence sequence) {
      waited = std::max(waited, sequence);
      return !log_failed;
    };
    a.publish = [this](const Changes& c) { published += c.applications.size() + c.offices.size(); };
    a.make_pool = [this](PoolKey key) {
      ++pools_made;
      return engine->make_pool(key, DrawSecret{3}, DrawSecret{4});
    };
    a.revealed_lobby = [this](OfficeCode, Day period) -> std::optional<DrawSecret> {
      return period < revealed_before ? std::optional(DrawSecret{9}) : std::nullopt;
    };
    a.seal = [this](std::span<const SealRequest> requests) { return seal(requests); };
    a.open = [this](uint64_t key, std::string_view sealed) {
      return keys.contains(key) ? personal_data_of(sealed) : std::nullopt;
    };
    a.destroy_key = [this](uint64_t key) {
      if (key_end == KeyEnd::destroyed) {
        keys.erase(key);
      }
      return key_end;
    };
    a.history = [this](const HistoryQuery& query) { return history(query); };
    a.recount = [this](Sequence until) { return recount(until); };
    a.report = [] { return ServiceReport{}; };
    a.gateway_problem = [this] { return gateway_problem; };
    a.examine = [this] { return findings; };
    a.is_demonstration = [](const Terms& terms) { return terms.zh == "样本"; };
    a.snapshot = [] { return ActionReport{true, "", Sequence{42}}; };
    a.drain = [this] { draining = true; };
    a.accept_clock = [this] { ++clocks_accepted; };
    a.retry_notice = [this](Sequence notice) { return retried.insert(notice).second; };
    a.end_tickets = [this](std::string_view owner, std::string_view jti) {
      ended_tickets.emplace_back(owner, jti);
    };
    a.civil_now = [this] { return ticks.now().civil; };
    a.ticket_age_max = kDay;
    a.rehearsal_office = *parse_office("粤B").office;
    return a;
  }
  std::optional<std::vector<SealedData>> seal(std::span<const SealRequest> requests) {
    ++seals;
    if (key_store_failed) {
      return std::nullopt;
    }
    std::vector<SealedData> sealed;
    for (const SealRequest& request : requests) {
      const uint64_t key = keys.contains(request.key) ? request.key : ++last_key;
      keys.insert(key);
      sealed.push_back({key, bytes_of(request.data)});
    }
    return sealed;
  }
  std::optional<std::vector<boost::json::object>> history(const HistoryQuery& query) {
    if (histories_until_failure-- == 0) {
      return std::nullopt;
    }
    std::vector<boost::json::object> found;
    sink.each([&](const Record& record) {
      if (record.sequence > query.after && record.sequence <= query.until && query.wanted(record) &&
          found.size() < query.limit) {
        found.push_back({{"sequence", record.sequence.value},
                         {"at", record.now.civil.time_since_epoch().count()},
                         {"what", std::to_string(record.event.index())}});
      }
    });
    return found;
  }
  Recounted recount(Sequence until) {
    MemorySink own_sink;
    const auto again = replayed(sink, own_sink, ticks, 2);
    Recounted recounted{true, "", until, {}};
    for (const PoolKey key : again->pools()) {
      recounted.pools.emplace_back(key, again->pool(key)->counts);
    }
    recounted_pools_change(recounted);
    return recounted;
  }

  std::function<void(Recounted&)> recounted_pools_change = [](Recounted&) {};
  OperatorAnswer last;
  Sequence waited;
  std::string gateway_problem;
  std::vector<Finding> findings;
  Day revealed_before{};  // secrets of lobbies of earlier days are public
  bool log_failed = false;
  bool key_store_failed = false;
  KeyEnd key_end = KeyEnd::destroyed;
  bool draining = false;
  std::atomic<int> histories_until_failure{-1};  // below 0: none fails
  int pools_made = 0;
  int seals = 0;
  int clocks_accepted = 0;
  std::size_t published = 0;
  std::set<uint64_t> keys;
  uint64_t last_key = 0;
  std::set<Sequence> retried;
  std::vector<std::pair<std::string, std::string>> ended_tickets;
  AdminRoutes routes;
};

}  // namespace plated
