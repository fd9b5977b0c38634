#include "tools/platectl/command_line.h"

#include <CLI/CLI.hpp>
#include <string_view>
#include <vector>

#include "tools/platectl/command_tree.h"
#include "tools/shell/number.h"
#include "tools/shell/wrong_word.h"

namespace plated {
namespace {

// The option of a list that the word opens, with its first value behind it or after a =.
const char* list_option(std::string_view word) {
  for (const char* name : {"--schedule", "--holidays", "--workdays"}) {
    if (word.substr(0, word.find('=')) == name) {
      return name;
    }
  }
  return nullptr;
}

// Rows and days: no office has a space, or a digit in front.
bool is_of_a_list(std::string_view word) {
  return word.find(' ') != std::string_view::npos ||
         (!word.empty() && word.front() >= '0' && word.front() <= '9');
}

// Several rows or days may follow one option, and the office may follow them, which CLI11 would
// take for one of them. So here each of them gets an option of its own.
std::vector<const char*> one_value_each(int argc, const char* const* argv) {
  std::vector<const char*> words;
  const char* option = nullptr;  // of the list that is open
  bool value_due = false;        // its first one is the next word, whatever that is
  for (int i = 0; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (const char* const opened = list_option(word)) {
      option = opened;
      value_due = word == opened;
    } else {
      if (option != nullptr && !value_due) {
        option = is_of_a_list(word) ? option : nullptr;
        words.insert(words.end(), option == nullptr ? 0 : 1, option);
      }
      value_due = false;
    }
    words.push_back(argv[i]);
  }
  return words;
}

}  // namespace

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
  if (auto empty = empty_word(app, argc, argv, CommandTree::may_be_empty())) {
    return *empty;
  }
  try {
    const std::vector<const char*> words = one_value_each(argc, argv);
    app.parse(static_cast<int>(words.size()), words.data());
  } catch (const CLI::ParseError& error) {
    return exit_of(app, error);
  }
  return line;
}

}  // namespace plated
