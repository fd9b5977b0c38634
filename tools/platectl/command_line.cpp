#include "tools/platectl/command_line.h"

#include <CLI/CLI.hpp>

#include "tools/platectl/command_tree.h"
#include "tools/shell/number.h"
#include "tools/shell/wrong_word.h"

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
  app.add_option_function<std::string>(
         "--timeout",
         [&line](const std::string& text) {
           const auto millis = parse_duration_ms(text);
           if (!millis || *millis == 0) {
             throw CLI::ValidationError(
                 "--timeout", "'" + text + "' is no time with its unit, such as 10s or 2min");
           }
           line.timeout = std::chrono::milliseconds(*millis);
           line.timeout_said = true;
         },
         "for how long the server may be silent; reconcile, snapshot, imports and loads, which may "
         "be long, are only timed when this is said")
      ->type_name("TIME")
      ->default_str("10s");
  app.set_version_flag("--version", "platectl " PLATED_VERSION);
  app.require_subcommand(1);
  app.fallthrough();
  CommandTree tree(app, line);  // its commands call back into it while app parses
  tree.add_all();
  if (auto wrong = wrong_word(app, argc, argv)) {
    return *wrong;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return exit_of(app, error);
  }
  return line;
}

}  // namespace plated
