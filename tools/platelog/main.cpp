// platelog: the log tool of operators and auditors. It opens the files of a data directory itself
// and speaks to no server. Exit status: 0 done, 1 damage was found or it was refused, 2 usage.
#include <sodium.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cerrno>
#include <cstdio>

#include "persistence/file_system.h"
#include "persistence/log_archive.h"
#include "persistence/log_file.h"
#include "persistence/snapshot.h"
#include "tools/platelog/commands.h"
#include "tools/shell/print.h"
#include "tools/shell/standard_output.h"

namespace plated {
namespace {

// A directory that holds nothing of plated's is a mistyped name, and not an empty log.
Status check_directory(FileSystem& files, const std::string& directory) {
  const auto log = list_all_log_files(files, directory);
  if (!log.ok()) {
    return log.status;
  }
  const auto snapshots = list_snapshots(files, directory);
  if (!snapshots.ok()) {
    return snapshots.status;
  }
  return log.value.empty() && snapshots.value.empty()
             ? Status::io_error(directory, 0, "no data directory of plated", ENOENT)
             : Status();
}

LogAnswer answer_of(const LogTools& tools, const LogCommandLine& line) {
  if (Status status = check_directory(tools.files, line.data); !status.ok()) {
    return status;
  }
  switch (line.task) {
    case LogTask::list:
      return list_log(tools, line);
    case LogTask::cat:
      return print_records(tools, line);
    case LogTask::verify:
      return verify_log(tools, line);
    case LogTask::digest:
      return tell_digest(tools, line);
    case LogTask::stats:
      return count_records(tools, line);
    case LogTask::checkpoint:
      return write_checkpoint(tools, line);
  }
  return {};
}

int run(int argc, const char* const* argv) {
  const auto parsed = parse_log_command_line(argc, argv);
  if (const auto* exit = std::get_if<CommandLineExit>(&parsed)) {
    return say(*exit);
  }
  const auto& line = std::get<LogCommandLine>(parsed);
  ProgressLine progress(ProgressLine::Kind::silent);
  const LogAnswer answer = answer_of({posix_file_system(), progress, stdout}, line);
  progress.wipe();
  if (!answer.failure.ok()) {
    std::fprintf(stderr, "platelog: %s\nWhat can be done: %s.\n", answer.failure.text().c_str(),
                 std::string(answer.failure.remedy()).c_str());
  }
  if (!answer.said.empty()) {
    const std::string document = boost::json::serialize(answer.said);
    const std::string text = line.json ? document + "\n" : describe(boost::json::parse(document));
    print(text);
  }
  return answer.exit;
}

}  // namespace
}  // namespace plated

int main(int argc, char** argv) {
  plated::hold_standard_streams();
  if (sodium_init() < 0) {
    std::fputs("platelog: libsodium cannot be used here\n", stderr);
    return plated::kLogRefused;
  }
  return plated::finish_output("platelog", plated::run(argc, argv));
}
