// The report as it is kept: with what it was measured on, in files.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <string>
#include <vector>

#include "tools/plateload/figures/report.h"
#include "tools/plateload/options.h"
#include "tools/plateload/verdict.h"

namespace plated::load {

// What a figure depends on besides the code: the settings of the load, this machine, and the server
// as it is now.
[[nodiscard]] boost::json::object stamp_of(const LoadOptions& options);

// The same in lines for readers, each with what it tells.
[[nodiscard]] std::vector<std::string> stamp_lines(const boost::json::object& stamp);

// report_json() and what else it takes to repeat and to judge it: its stamp, its thresholds, and
// what they came to.
[[nodiscard]] boost::json::object whole_report(const LoadOptions& options, const Outcome& outcome,
                                               const std::vector<Verdict>& verdicts,
                                               const Judgement& judgement);

// Reads the earlier report of --compare into `before`, and tries every file that the load is to
// write. So a path that cannot be is told before the run. No file is made or changed. Empty, or
// what could not be.
[[nodiscard]] std::string try_files(const LoadOptions& options, boost::json::value& before);

// Writes what --save and --html ask for. Empty, or what could not be written.
[[nodiscard]] std::string write_reports(const LoadOptions& options,
                                        const boost::json::object& report,
                                        const boost::json::value& before);

}  // namespace plated::load
