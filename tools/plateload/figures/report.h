// The report of a load, for people and for scripts, and the line that tells how far it has come.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "tools/plateload/figures/collector.h"
#include "tools/plateload/figures/tally.h"

namespace plated::load {

// Everything that a run came to.
struct Outcome {
  Counts counts;
  std::vector<Second> seconds;
  uint64_t owners = 0;          // whose turn came
  double took_seconds = 0;      // in all
  double measured_seconds = 0;  // without the warm-up, and without what came after a schedule
  double cpu_seconds = 0;       // of this process, user and system
  bool interrupted = false;
  std::string invalid;    // why the figures mean nothing; empty: they are good
  std::string unwritten;  // why the interval log is not whole; empty: it is

  // The share of errors in what was measured.
  [[nodiscard]] double error_share() const;
  [[nodiscard]] double answers_per_second() const;
  // Whether everybody ended as planned.
  [[nodiscard]] bool as_planned() const;
};

// How far a load has come, `second` being the last one that ended.
[[nodiscard]] std::string live_line(const Counts& counts, const Second& second);

[[nodiscard]] std::string report_text(const Outcome& outcome);
// What was measured, under names that stay: reports are compared over versions.
[[nodiscard]] boost::json::object report_json(const Outcome& outcome);

}  // namespace plated::load
