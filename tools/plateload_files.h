// The report as it is kept: with what it was measured on, in files.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <vector>

#include "tools/plateload_options.h"
#include "tools/plateload_report.h"
#include "tools/plateload_verdict.h"

namespace plated::load {

// report_json() and what else it takes to repeat and to judge it: the settings of the load, its
// thresholds, what they came to, this machine, and the server as it is now.
[[nodiscard]] boost::json::object whole_report(const LoadOptions& options, const Outcome& outcome,
                                               const std::vector<Verdict>& verdicts,
                                               const Judgement& judgement);

// Writes what --save and --html ask for. Empty, or what could not be read or written.
[[nodiscard]] std::string write_reports(const LoadOptions& options,
                                        const boost::json::object& report);

}  // namespace plated::load
