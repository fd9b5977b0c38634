// platelog: the log tool of operators and auditors. It opens the files of a data directory itself
// and speaks to no server. Exit status: 0 done, 1 damage was found or it was refused, 2 usage.
#include <sodium.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>

#include "persistence/file_system.h"
#include "tools/platelog/commands.h"
#include "tools/shell/print.h"

namespace plated {
namespace {

LogAnswer answer_of(const LogTools& tools, const LogCommandLine& line) {
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
    std::fputs(text.c_str(), stdout);
  }
  return answer.exit;
}

}  // namespace
}  // namespace plated

int main(int argc, char** argv) {
  if (sodium_init() < 0) {
    std::fputs("platelog: libsodium cannot be used here\n", stderr);
    return plated::kLogRefused;
  }
  return plated::run(argc, argv);
}
