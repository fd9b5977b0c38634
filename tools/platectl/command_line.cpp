#include "tools/platectl/command_line.h"

#include <CLI/CLI.hpp>

#include "tools/platectl/command_tree.h"

namespace plated {

std::variant<CommandLine, CommandLineExit> parse_command_line(int argc, const char* const* argv) {
  CommandLine line;
  CLI::App app(
      "The operators' client of plated, over its Unix socket.\n"
      "Exit status: 0 done, 1 refused, 2 usage, 3 no server.",
      "platectl");
  app.add_option("--admin", line.admin, "path of the operators' socket")
      ->envname("PLATED_ADMIN")
      ->capture_default_str();
  app.add_flag("--json", line.json, "answers as the server's JSON, for scripts");
  app.require_subcommand(1);
  app.fallthrough();
  CommandTree tree(app, line);  // its commands call back into it while app parses
  tree.add_all();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return exit_of(app, error);
  }
  return line;
}

}  // namespace plated
