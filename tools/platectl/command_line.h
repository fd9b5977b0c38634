// platectl's command line: which words mean which request of the operators' protocol. It reads the
// files that the words name, and talks to nobody. platectl's main and its tests may call it.
#pragma once

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
  ticket,        // sign a ticket for `owner` with the key in `data`
};

struct CommandLine {
  std::string admin = "./plated-data/admin.sock";
  bool json = false;
  Task task = Task::request;
  AdminRequest request;
  std::string file;
  std::string owner;
  std::string data = "./plated-data";
  int64_t ticket_ms = 12 * 3'600'000;
};

[[nodiscard]] std::variant<CommandLine, CommandLineExit> parse_command_line(
    int argc, const char* const* argv);

}  // namespace plated
