#include "tools/plated/options.h"

#include <fcntl.h>
#include <toml++/toml.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <thread>

#include "posix/descriptor.h"
#include "tools/plated/credentials.h"
#include "tools/plated/option_keys.h"
#include "tools/plated/option_reading.h"
#include "tools/shell/nearest.h"
#include "tools/shell/wrong_word.h"

namespace plated {
namespace {

constexpr std::string_view kEnvironmentPrefix = "PLATED_";
constexpr std::string_view kConfigVariable = "PLATED_CONFIG";
// The operators' socket in a file that also has the section [admin]: there it has a name of its
// own, because a key of TOML cannot be a text and a section.
constexpr std::string_view kAdminPath = "admin.path";

void settle(OptionReading& reading, std::size_t index, const std::string& origin,
            const Objection& objection) {
  if (objection) {
    reading.mistake(origin, std::string(option_keys()[index].name) + " " + *objection);
  } else {
    reading.origins[index] = origin;
  }
}

std::string flag_of(const OptionKey& key) { return "--" + std::string(key.name); }

std::string place_of(const std::string& path, const toml::source_region& source) {
  return path + ":" + std::to_string(source.begin.line) + ":" + std::to_string(source.begin.column);
}

Objection put_node(const OptionKey& key, Options& options, const toml::node& node) {
  if (const auto* text = node.as_string()) {
    return put_text(key, options, text->get());
  }
  if (const auto* on = node.as_boolean()) {
    return put_bool(key, options, on->get());
  }
  if (const auto* whole = node.as_integer()) {
    return put_integer(key, options, whole->get());
  }
  if (const auto* array = node.as_array()) {
    std::vector<std::string> values;
    for (const toml::node& one : *array) {
      if (!one.is_string()) {
        return "must be " + wanted(key);
      }
      values.push_back(one.as_string()->get());
    }
    return put_list(key, options, std::move(values));
  }
  return "must be " + wanted(key);
}

void read_table(OptionReading& reading, const std::string& path, const toml::table& table,
                const std::string& prefix) {
  const auto keys = option_keys();
  for (const auto& [part, node] : table) {
    const std::string said = prefix + std::string(part.str());
    const std::string name = said == kAdminPath ? "admin" : said;
    const std::size_t index = index_of(name);
    const bool is_section = std::any_of(keys.begin(), keys.end(), [&](const OptionKey& key) {
      return key.name.starts_with(name + ".");
    });
    if (index < keys.size() && !(is_section && node.is_table())) {
      settle(reading, index, place_of(path, node.source()),
             put_node(keys[index], reading.options, node));
    } else if (node.is_table() && (is_section || !node.as_table()->empty())) {
      read_table(reading, path, *node.as_table(), name + ".");
    } else if (is_section) {
      reading.mistake(place_of(path, node.source()), name + " is a section: [" + name + "]");
    } else {
      std::vector<std::string> names;
      for (const OptionKey& key : keys) {
        names.emplace_back(key.name);
      }
      reading.mistake(place_of(path, part.source()),
                      "unknown key " + name + "; did you mean " + nearest(name, names) + "?");
    }
  }
}

// A directory and a file that cannot be read to its end are told as such, not taken for nothing.
std::variant<std::string, std::error_code> text_of_file(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  std::array<char, 16 * 1024> some{};
  for (;;) {
    const ssize_t got =
        file.is_open()
            ? retry_interrupted([&] { return ::read(file.number(), some.data(), some.size()); })
            : -1;
    if (got < 0) {
      return std::error_code(errno, std::generic_category());
    }
    if (got == 0) {
      return text;
    }
    text.append(some.data(), static_cast<std::size_t>(got));
  }
}

void read_file(OptionReading& reading, const std::string& path) {
  const auto text = text_of_file(path);
  if (const auto* const error = std::get_if<std::error_code>(&text)) {
    reading.mistake(path, "cannot read it: " + error->message());
    return;
  }
  try {
    read_table(reading, path, toml::parse(std::get<std::string>(text), path), "");
  } catch (const toml::parse_error& error) {
    const bool in_file = error.source().begin.line > 0;
    reading.mistake(in_file ? place_of(path, error.source()) : path, error.description());
  }
}

// What container platforms set by themselves, for services and links that are called plated or
// plated-something: PLATED_METRICS_SERVICE_HOST, PLATED_PORT_8080_TCP_ADDR, PLATED_PORT=tcp://…
bool is_of_a_platform(std::string_view name, std::string_view value) {
  const bool is_url = value.starts_with("tcp://") || value.starts_with("udp://");
  return name.ends_with("_SERVICE_HOST") || name.ends_with("_SERVICE_PORT") ||
         name.find("_SERVICE_PORT_") != std::string_view::npos || name == "PLATED_PORT" ||
         (name.ends_with("_PORT") && is_url) || name.find("_PORT_") != std::string_view::npos;
}

void read_environment(OptionReading& reading, const char* const* environment) {
  const auto keys = option_keys();
  std::vector<std::string> names;
  for (const OptionKey& key : keys) {
    names.push_back(environment_name(key));
  }
  std::string platforms;
  for (; *environment != nullptr; ++environment) {
    const std::string_view line = *environment;
    const std::size_t equals = std::min(line.find('='), line.size());
    const std::string name(line.substr(0, equals));
    if (!name.starts_with(kEnvironmentPrefix) || name == kConfigVariable) {
      continue;
    }
    const auto found = std::find(names.begin(), names.end(), name);
    const std::string_view value = line.substr(std::min(equals + 1, line.size()));
    if (found == names.end() && is_of_a_platform(name, value)) {
      platforms.append(platforms.empty() ? "" : ", ").append(name);
      continue;
    }
    if (found == names.end()) {
      reading.mistake(name, "unknown variable; did you mean " + nearest(name, names) + "?");
      continue;
    }
    const auto index = static_cast<std::size_t>(found - names.begin());
    // Compose files and charts write so what nobody has set.
    if (!value.empty()) {
      settle(reading, index, name, put_word(keys[index], reading.options, value));
    }
  }
  if (!platforms.empty()) {
    reading.options.remarks.push_back("passed over what a container platform sets: " + platforms);
  }
}

std::string config_of_environment(const char* const* environment) {
  for (; *environment != nullptr; ++environment) {
    const std::string_view line = *environment;
    const std::size_t size = kConfigVariable.size();
    if (line.starts_with(kConfigVariable) && line.size() > size && line[size] == '=') {
      return std::string(line.substr(size + 1));
    }
  }
  return {};
}

struct Flags {
  std::string config;
  bool check_config = false;
  bool version = false;
  bool help = false;
  std::vector<std::pair<std::size_t, std::string>> values;  // index of the key, word
};

void declare(CLI::App& app, Flags& flags) {
  app.set_help_flag();
  app.allow_extras();  // so that an unknown flag gets our own answer
  app.add_option("--config", flags.config, "a TOML file with the keys below")->type_name("FILE");
  const auto keys = option_keys();
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (!keys[i].has_flag) {
      continue;
    }
    const std::string help(keys[i].help);
    if (std::holds_alternative<SwitchValue>(keys[i].value)) {
      app.add_flag_callback(
          flag_of(keys[i]), [&flags, i] { flags.values.emplace_back(i, "true"); }, help);
    } else {
      app.add_option_function<std::string>(
             flag_of(keys[i]),
             [&flags, i](const std::string& word) { flags.values.emplace_back(i, word); }, help)
          ->type_name(std::string(keys[i].placeholder));
    }
  }
  app.add_flag("--check-config", flags.check_config, "print the configuration with its sources");
  app.add_flag("--version", flags.version, "print the version");
  app.add_flag("--help", flags.help, "print this");
}

std::string complaint_of_extra(const CLI::App& app, const std::string& extra) {
  if (!extra.starts_with("-")) {
    return "plated: unexpected argument " + extra + "\n";
  }
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    names.push_back(option->get_name());
  }
  const std::string name = extra.substr(0, extra.find('='));
  return "plated: unknown flag " + name + "; did you mean " + nearest(name, names) + "?\n";
}

// What a file that says all keys calls it.
std::string name_in_file(const OptionKey& key) {
  return std::string(key.name == "admin" ? kAdminPath : key.name);
}

std::string help_text(const CLI::App& app) {
  std::string text = app.help();
  text += "\nKeys of the TOML file, and their variables in the environment:\n";
  const Options built_in;
  for (const OptionKey& key : option_keys()) {
    text += "  " + name_in_file(key) + " = " + show(key, built_in) + "\n      " +
            environment_name(key) + "; " + std::string(key.help) + "; " + wanted(key) + "\n";
  }
  return text;
}

std::string effective(const OptionReading& reading) {
  std::string text;
  const auto keys = option_keys();
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const std::string line = name_in_file(keys[i]) + " = " + show(keys[i], reading.options);
    constexpr std::size_t kColumn = 52;
    text += line + std::string(kColumn > line.size() ? kColumn - line.size() : 1, ' ') + "# " +
            reading.origins[i] + "\n";
  }
  return text;
}

// Why a start could not use the data directory, which it makes where only the last part of the path
// is missing. Empty: it could.
std::string data_problem(const std::string& data) {
  std::error_code failed;
  const std::filesystem::path path = std::filesystem::absolute(data, failed);
  const bool there = std::filesystem::exists(path, failed);
  const std::filesystem::path directory = there ? path : path.parent_path();
  if (!std::filesystem::is_directory(directory, failed)) {
    return "data " + data + ": " + directory.string() +
           (failed || !there ? " is not there" : " is no directory");
  }
  return ::access(directory.c_str(), W_OK | X_OK) == 0
             ? std::string()
             : "data " + data + ": " + std::generic_category().message(errno);
}

Exit usage(std::string text) { return {kExitUsage, "", std::move(text) + "Try plated --help.\n"}; }

}  // namespace

Options::Options() {
  const uint64_t cores = std::max(1U, std::thread::hardware_concurrency());
  threads = std::min<uint64_t>(cores, 1024);
  shards = std::min<uint64_t>(std::bit_ceil(std::max<uint64_t>(8, 4 * cores)), 4096);
}

std::string_view version_line() { return "plated " PLATED_VERSION; }

std::variant<Options, Exit> parse_options(int argc, const char* const* argv,
                                          const char* const* environment) {
  Flags flags;
  CLI::App app("Lets car owners choose their number plates.", "plated");
  try {
    declare(app, flags);
    if (const auto empty = empty_word(app, argc, argv)) {
      return usage(empty->err);
    }
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return usage("plated: " + std::string(error.what()) + "\n");
  }
  if (flags.help) {
    return Exit{0, help_text(app), ""};
  }
  if (flags.version) {
    return Exit{0, std::string(version_line()) + "\n", ""};
  }
  const std::vector<std::string> extras = app.remaining();
  if (!extras.empty()) {
    return usage(complaint_of_extra(app, extras.front()));
  }

  OptionReading reading;
  if (flags.config.empty()) {
    flags.config = config_of_environment(environment);
  }
  if (!flags.config.empty()) {
    read_file(reading, flags.config);
  }
  read_environment(reading, environment);
  for (const auto& [index, word] : flags.values) {
    const OptionKey& key = option_keys()[index];
    settle(reading, index, flag_of(key), put_word(key, reading.options, word));
  }
  if (reading.mistakes.empty()) {
    judge(reading);
  }
  if (!reading.mistakes.empty()) {
    if (reading.usage) {
      return usage(reading.mistakes);
    }
    return Exit{kExitConfiguration, "", reading.mistakes};
  }
  if (flags.check_config) {
    std::string remarks;
    for (const std::string& remark : reading.options.remarks) {
      remarks += "plated: " + remark + "\n";
    }
    if (const std::string why = data_problem(reading.options.data); !why.empty()) {
      return Exit{kExitStartFailed, effective(reading), remarks + "plated: " + why + "\n"};
    }
    const auto credentials = read_credentials(reading.options, MissingKey::may_be_made);
    if (const auto* const why = std::get_if<std::string>(&credentials)) {
      return Exit{kExitStartFailed, effective(reading), remarks + "plated: " + *why + "\n"};
    }
    return Exit{0, effective(reading), std::move(remarks)};
  }
  return reading.options;
}

}  // namespace plated
