// What platelog does: each command from a directory to one answer. Everything but
// `write_checkpoint` only reads, and works beside a server that appends, rolls, archives and
// retires meanwhile. platelog's main and its tests may call it.
#pragma once

#include <boost/json/object.hpp>
#include <cstdio>

#include "persistence/file_system.h"
#include "tools/platelog/command_line.h"
#include "tools/shell/progress_line.h"

namespace plated {

inline constexpr int kLogDone = 0;
inline constexpr int kLogRefused = 1;  // or damage was found

struct LogAnswer {
  int exit = kLogDone;
  boost::json::object said;  // for people as a table; empty when everything was said already
  Status failure;            // why the command could not do its work

  LogAnswer() = default;
  LogAnswer(Status failed)  // NOLINT: a failure is an answer
      : exit(failed.ok() ? kLogDone : kLogRefused), failure(std::move(failed)) {}
};

// What a command is given beside its words.
struct LogTools {
  FileSystem& files;
  ProgressLine& progress;
  std::FILE* out;  // for `cat`, which says more than fits an answer
};

LogAnswer list_log(const LogTools& tools, const LogCommandLine& line);
LogAnswer print_records(const LogTools& tools, const LogCommandLine& line);
LogAnswer verify_log(const LogTools& tools, const LogCommandLine& line);
LogAnswer tell_digest(const LogTools& tools, const LogCommandLine& line);
LogAnswer count_records(const LogTools& tools, const LogCommandLine& line);
LogAnswer write_checkpoint(const LogTools& tools, const LogCommandLine& line);

}  // namespace plated
