#include "tools/shell/standard_output.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>
#include <system_error>

namespace plated {
namespace {

// Why the standard output failed first; later attempts may say less.
int first_error = 0;

void note_failure() {
  if (first_error == 0) {
    first_error = errno;
  }
}

}  // namespace

void hold_standard_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(stream, F_GETFD) >= 0 || errno != EBADF) {
      continue;
    }
    // The lowest free number is this one: those below are taken.
    const int flags = stream == STDIN_FILENO ? O_WRONLY : O_RDONLY;
    (void)::open("/dev/null", flags);
  }
}

bool print(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) {
    note_failure();
  }
  return std::ferror(stdout) == 0;
}

int finish_output(std::string_view program, int status) {
  const bool failed = std::ferror(stdout) != 0;
  if (std::fflush(stdout) != 0) {
    note_failure();
  } else if (!failed) {
    return status;
  }
  const std::string why =
      first_error == 0 ? std::string() : ": " + std::generic_category().message(first_error);
  std::fprintf(stderr, "%.*s: the output could not be written%s\n",
               static_cast<int>(program.size()), program.data(), why.c_str());
  return status == 0 ? 1 : status;
}

}  // namespace plated
