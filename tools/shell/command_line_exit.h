// What a command line that names no task comes to: help (status 0) or an error (status 2). The
// programs' parsers return it, so that tests see what would be printed.
#pragma once

#include <cstdio>
#include <sstream>
#include <string>

#include "tools/shell/standard_output.h"

namespace plated {

struct CommandLineExit {
  int status = 2;
  std::string out;
  std::string err;
};

// What CLI11 has to say of a line that it did not take: `app` is a CLI::App, `error` its
// CLI::ParseError, of which asking for help is one.
template <class App, class Error>
[[nodiscard]] CommandLineExit exit_of(const App& app, const Error& error) {
  std::ostringstream out;
  std::ostringstream err;
  const int status = app.exit(error, out, err);
  return {status == 0 ? 0 : 2, out.str(), err.str()};
}

// Prints it; the program's exit status.
[[nodiscard]] inline int say(const CommandLineExit& exit) {
  print(exit.out);
  std::fputs(exit.err.c_str(), stderr);
  return exit.status;
}

}  // namespace plated
