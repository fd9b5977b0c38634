#include "tools/shell/wrong_word.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "tools/shell/nearest.h"

namespace plated {
namespace {

using Apps = std::vector<const CLI::App*>;

Apps commands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

const CLI::App* find_command(const CLI::App& app, const std::string& word) {
  for (const CLI::App* command : commands_of(app)) {
    if (command->get_name() == word) {
      return command;
    }
  }
  return nullptr;
}

std::vector<std::string> names_of(const Apps& commands) {
  std::vector<std::string> names;
  for (const CLI::App* command : commands) {
    names.push_back(command->get_name());
  }
  return names;
}

std::string list_of(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) {
    list += (list.empty() ? "" : ", ") + name;
  }
  return list;
}

// From the program down to the command that the words have reached.
class Reached {
 public:
  explicit Reached(const CLI::App& program) : chain_{&program} {}

  [[nodiscard]] const CLI::App& command() const { return *chain_.back(); }
  [[nodiscard]] bool wants_command() const { return command().get_require_subcommand_min() > 0; }
  void go_to(const CLI::App* command) { chain_.push_back(command); }

  // `platectl` or `platectl office`.
  [[nodiscard]] std::string name() const {
    std::string text;
    for (const CLI::App* app : chain_) {
      text += (text.empty() ? "" : " ") + app->get_name();
    }
    return text;
  }

  // Options of outer commands are taken by inner ones.
  [[nodiscard]] const CLI::Option* option(const std::string& name) const {
    for (const CLI::App* app : chain_) {
      if (const CLI::Option* found = app->get_option_no_throw(name)) {
        return found;
      }
    }
    return nullptr;
  }
  [[nodiscard]] std::vector<std::string> options() const {
    std::vector<std::string> names;
    for (const CLI::App* app : chain_) {
      for (const CLI::Option* option : app->get_options()) {
        if (!option->get_positional() && !option->get_lnames().empty()) {
          names.push_back("--" + option->get_lnames().front());
        }
      }
    }
    return names;
  }

  [[nodiscard]] CommandLineExit refuse(const std::string& what) const {
    const std::string program = chain_.front()->get_name();
    std::string err = program + ": " + what + "\n";
    if (wants_command()) {
      err += "Commands: " + list_of(names_of(commands_of(command()))) + "\n";
      err += "'" + program + " help COMMAND' says more.\n";
    } else {
      err += "'" + name() + " --help' says more.\n";
    }
    return {2, "", err};
  }

  [[nodiscard]] CommandLineExit no_command(const std::string& word) const {
    const std::vector<std::string> names = names_of(commands_of(command()));
    return refuse("there is no command '" + word + "'; did you mean '" + nearest(word, names) +
                  "'?");
  }
  [[nodiscard]] CommandLineExit no_option(const std::string& word) const {
    return refuse("there is no option '" + word + "' here; did you mean '" +
                  nearest(word, options()) + "'?");
  }

 private:
  Apps chain_;
};

// `help` and the commands behind it.
CommandLineExit help_of(Reached reached, const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    const CLI::App* command = find_command(reached.command(), word);
    if (command == nullptr) {
      return reached.wants_command() ? reached.no_command(word)
                                     : reached.refuse("'" + word + "' is no command");
    }
    reached.go_to(command);
  }
  return {0,
          reached.command().help(reached.name().substr(
              0, reached.name().size() - reached.command().get_name().size())),
          ""};
}

CommandLineExit refuse_empty(const CLI::App& app, std::string what, const CLI::Option* option) {
  if (option != nullptr && !option->get_description().empty()) {
    what += "; it takes: " + option->get_description();
  }
  return {2, "", app.get_name() + ": " + what + "\n"};
}

}  // namespace

std::optional<CommandLineExit> wrong_word(const CLI::App& app, int argc, const char* const* argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  Reached reached(app);
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "--") {
      return std::nullopt;
    }
    if (word == "-h" || word == "--help" || word == "--version") {
      return std::nullopt;
    }
    if (word.starts_with("--")) {
      const std::size_t equals = word.find('=');
      const CLI::Option* option = reached.option(word.substr(0, equals));
      if (option == nullptr) {
        return reached.no_option(word.substr(0, equals));
      }
      // Its value is no command, whatever it is called.
      i += equals == std::string::npos && option->get_items_expected_min() > 0 ? 1 : 0;
      continue;
    }
    if (!reached.wants_command()) {
      continue;  // an argument of the command
    }
    if (const CLI::App* command = find_command(reached.command(), word)) {
      reached.go_to(command);
    } else if (word == "help") {
      return help_of(reached, {words.begin() + static_cast<long>(i) + 1, words.end()});
    } else {
      return reached.no_command(word);
    }
  }
  if (reached.wants_command()) {
    return reached.refuse("what is to be done? '" + reached.name() + "' needs a command");
  }
  return std::nullopt;
}

std::optional<CommandLineExit> empty_word(const CLI::App& app, int argc, const char* const* argv,
                                          std::span<const std::string> may_be_empty) {
  Reached reached(app);
  std::string before;
  for (const std::string word : std::span(argv, static_cast<std::size_t>(argc)).subspan(1)) {
    if (word == "--") {
      return std::nullopt;
    }
    if (word.starts_with("--") && word.find('=') == word.size() - 1) {
      return refuse_empty(app, word + " has no value behind it",
                          reached.option(word.substr(0, word.size() - 1)));
    }
    const CLI::Option* const option = before.starts_with("--") ? reached.option(before) : nullptr;
    if (word.empty() && option == nullptr) {
      return refuse_empty(app, "an argument is empty", nullptr);
    }
    if (word.empty() &&
        std::find(may_be_empty.begin(), may_be_empty.end(), before) == may_be_empty.end()) {
      return refuse_empty(app, before + " must not be empty", option);
    }
    if (const CLI::App* const command = find_command(reached.command(), word)) {
      reached.go_to(command);
    }
    before = word;
  }
  return std::nullopt;
}

}  // namespace plated
