#include "tools/plateload/files.h"

#include <fmt/format.h>
#include <unistd.h>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "tools/plateload/figures/json.h"
#include "tools/plateload/figures/page.h"
#include "tools/plateload/figures/stamp.h"
#include "tools/shell/input_file.h"

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

// Empty, or why `path` cannot be written, as far as one can know who neither makes nor changes it.
std::string try_file(const std::string& path) {
  const auto why = [&path](int error) {
    return "cannot write " + path + ": " + std::generic_category().message(error);
  };
  if (path.empty()) {
    return {};
  }
  std::error_code none;
  if (std::filesystem::is_directory(path, none)) {
    return why(EISDIR);
  }
  if (::access(path.c_str(), F_OK) == 0) {
    return ::access(path.c_str(), W_OK) == 0 ? "" : why(errno);
  }
  std::filesystem::path directory = std::filesystem::path(path).parent_path();
  directory = directory.empty() ? "." : directory;
  return ::access(directory.c_str(), W_OK | X_OK) == 0 ? "" : why(errno);
}

// Reads the earlier report of --compare into `before`. Empty, or why it cannot.
std::string read_before(const std::string& path, json::value& before) {
  const FileText read = read_file(path);
  if (!read.failure.empty()) {
    return read.failure;
  }
  json::error_code failed;
  before = json::parse(read.text, failed);
  return !failed && is_report(before) ? "" : path + " is no report that plateload saved";
}

}  // namespace

json::object stamp_of(const LoadOptions& options) {
  return {{"settings", settings_of(options)},
          {"client", client_stamp(options.command)},
          {"server", server_stamp(options.admin)}};
}

std::vector<std::string> stamp_lines(const json::object& stamp) {
  const json::object& settings = object(stamp, "settings");
  const json::object& client = object(stamp, "client");
  const json::object& server = object(stamp, "server");
  const std::string offices = settings_text(server);
  return {"Command: " + text(client, "command"),
          fmt::format("Load: {}, {:.0f} connections, {:.0f} threads, seed {:.0f}",
                      text(settings, "kind"), number(settings, "connections"),
                      number(settings, "threads"), number(settings, "seed")),
          "Server: " + server_text(server) + (offices.empty() ? "" : "; " + offices),
          "Machine: " + machine_text(client)};
}

json::object whole_report(const LoadOptions& options, const Outcome& outcome,
                          const std::vector<Verdict>& verdicts, const Judgement& judgement) {
  json::object report = report_json(outcome);
  json::array thresholds;
  for (const Verdict& verdict : verdicts) {
    thresholds.push_back(
        json::object{{"text", verdict.text}, {"actual", verdict.actual}, {"held", verdict.held}});
  }
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  report["ended_at"] = now.time_since_epoch().count();
  report["thresholds"] = std::move(thresholds);
  report["status"] = judgement.status;
  report["verdict"] = judgement.why;
  for (auto& part : stamp_of(options)) {
    report[part.key()] = std::move(part.value());
  }
  return report;
}

std::string try_files(const LoadOptions& options, json::value& before) {
  if (!options.compare.empty()) {
    if (const std::string failure = read_before(options.compare, before); !failure.empty()) {
      return failure;
    }
  }
  for (const std::string& path : {options.save, options.html, options.hlog, options.journal}) {
    if (const std::string failure = try_file(path); !failure.empty()) {
      return failure;
    }
  }
  return {};
}

std::string write_reports(const LoadOptions& options, const json::object& report,
                          const json::value& before) {
  std::string failure;
  if (!options.save.empty()) {
    failure = write_file(options.save, json::serialize(report) + "\n");
  }
  if (failure.empty() && !options.html.empty()) {
    failure = write_file(options.html, report_page(report, before.if_object()));
  }
  return failure;
}

}  // namespace plated::load
