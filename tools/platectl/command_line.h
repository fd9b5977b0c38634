// platectl's command line: which words mean which request of the operators' protocol. It reads the
// files that the words name, and talks to nobody. platectl's main and its tests may call it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <variant>

#include "tools/shell/admin_client.h"
#include "tools/shell/command_line_exit.h"

namespace plated {

enum class Task : uint8_t {
  request,       // send `request`, show its answer
  stream,        // send `request`, pass its answer on as it comes
  import_lines,  // post the lines of `file` to `request.target`, piece by piece
  reconcile,     // send `request`; a difference is a failure
  ticket,        // sign a ticket for `owner` with the key in `data`
};

struct CommandLine {
  std::string admin = "./plated-data/admin.sock";
  bool json = false;
  std::chrono::milliseconds timeout{10'000};
  bool timeout_said = false;
  bool long_work = false;  // an answer may take minutes without anything being wrong
  Task task = Task::request;
  AdminRequest request;
  std::string file;
  std::string owner;
  std::string data = "./plated-data";
  int64_t ticket_ms = 12 * 3'600'000;

  // How long the answer to `request` is waited for while the server is silent.
  [[nodiscard]] Patience patience() const {
    return long_work && !timeout_said ? Patience() : Patience(timeout);
  }
};

[[nodiscard]] std::variant<CommandLine, CommandLineExit> parse_command_line(
    int argc, const char* const* argv);

}  // namespace plated
