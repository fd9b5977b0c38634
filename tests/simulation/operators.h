// The operators: they load, withhold and restore plates, open and close, pause and resume, and
// change settings and holidays. They issue, void and extend, blacklist and lift, lengthen
// countdowns, publish terms and accept a clock. What they ask and how it ended goes to the oracle.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/plate.h"
#include "tests/simulation/oracle.h"

namespace plated {

class Operators {
 public:
  // Sends a request to the server that runs now; nothing: it died before it answered.
  using Ask = std::function<Told(const std::string& method, const std::string& target,
                                 const std::string& body)>;

  Operators(Dice& dice, Oracle& oracle, Ask ask)
      : dice_(dice), oracle_(oracle), ask_(std::move(ask)) {}

  void add_office(const std::string& office, const Settings& settings);
  void add_owner(const std::string& owner, const std::vector<std::string>& vehicles);
  // Some operator does something. `now` is the civil time.
  void act(CivilTime now);
  // Loads the next plates of a pool, `count` of them.
  Told load(PoolKey pool, uint32_t count, CivilTime now);

  [[nodiscard]] uint64_t requests() const { return requests_; }

 private:
  Told ask(const std::string& method, const std::string& target, const std::string& body = "{}");
  void change_office();
  void change_settings();
  void change_holidays(CivilTime now);
  void change_plates(CivilTime now);
  void change_reservation(CivilTime now);
  void change_owner(CivilTime now);
  void publish_terms();

  Dice& dice_;
  Oracle& oracle_;
  const Ask ask_;
  std::vector<std::string> offices_;
  std::vector<std::string> owners_;
  std::vector<std::string> vehicles_;
  std::vector<std::pair<PoolKey, uint32_t>> loaded_;  // the next number of each pool
  std::vector<std::string> plates_;
  bool closed_ = false;  // somebody closed an office
  uint64_t requests_ = 0;
  uint64_t terms_ = 0;
};

}  // namespace plated
