#include "tools/plateload_files.h"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <sstream>
#include <system_error>

#include "engine/types.h"
#include "tools/plateload_page.h"
#include "tools/plateload_stamp.h"

namespace plated::load {
namespace {

namespace json = boost::json;

std::string write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  return file ? std::string()
              : "cannot write " + path + ": " + std::generic_category().message(errno);
}

json::array stages_of(const Profile& profile) {
  json::array stages;
  for (const Stage& stage : profile.stages) {
    stages.push_back(json::object{{"seconds", stage.seconds},
                                  {"from", stage.from},
                                  {"to", stage.to},
                                  {"decays", stage.decays}});
  }
  return stages;
}

json::object settings_of(const LoadOptions& options) {
  json::object mix;
  for (const Op op : kSteadyOps) {
    if (options.mix.has(op)) {
      mix[name_of(op)] = options.mix.shares[static_cast<std::size_t>(op)];
    }
  }
  return {{"name", options.name},
          {"kind", kind_of(options)},
          {"scenario", options.scenario},
          {"seed", options.seed},
          {"url", options.url},
          {"connections", options.connections},
          {"threads", options.threads},
          {"warm_up_ms", options.warm_up_ms},
          {"arrivals", options.profile.arrivals()},
          {"random", options.profile.random},
          {"stages", stages_of(options.profile)},
          {"mix", std::move(mix)}};
}

}  // namespace

json::object whole_report(const LoadOptions& options, const Outcome& outcome,
                          const std::vector<Verdict>& verdicts, const Judgement& judgement) {
  json::object report = report_json(outcome);
  json::array thresholds;
  for (const Verdict& verdict : verdicts) {
    thresholds.push_back(
        json::object{{"text", verdict.text}, {"actual", verdict.actual}, {"held", verdict.held}});
  }
  const auto now = std::chrono::floor<Millis>(std::chrono::system_clock::now());
  report["ended_at"] = now.time_since_epoch().count();
  report["settings"] = settings_of(options);
  report["thresholds"] = std::move(thresholds);
  report["status"] = judgement.status;
  report["verdict"] = judgement.why;
  report["client"] = client_stamp(options.command);
  report["server"] = server_stamp(options.admin);
  return report;
}

std::string write_reports(const LoadOptions& options, const json::object& report) {
  std::string failure;
  if (!options.save.empty()) {
    failure = write_file(options.save, json::serialize(report) + "\n");
  }
  if (!failure.empty() || options.html.empty()) {
    return failure;
  }
  json::value before;
  if (!options.compare.empty()) {
    std::stringstream text;
    text << std::ifstream(options.compare, std::ios::binary).rdbuf();
    json::error_code failed;
    before = json::parse(text.str(), failed);
    if (failed || !is_report(before)) {
      return options.compare + " is no report that plateload saved";
    }
  }
  return write_file(options.html, report_page(report, before.if_object()));
}

}  // namespace plated::load
