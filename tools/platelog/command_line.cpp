#include "tools/platelog/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>

#include "engine/calendar.h"
#include "engine/instant_text.h"
#include "engine/plate.h"
#include "persistence/record.h"
#include "tools/shell/number.h"
#include "tools/shell/wrong_word.h"

namespace plated {
namespace {

constexpr std::chrono::hours kOfficesOffset{8};
constexpr std::string_view kAbout =
    "Reads the log, the archive and the snapshots of a data directory, even while a server is\n"
    "using it. Only `checkpoint` writes.\n"
    "Exit status: 0 done, 1 damage was found or the command was refused, 2 usage.";
constexpr std::string_view kMoments =
    "an instant: Unix milliseconds, 2026-11-20, 2026-11-20T09:00 or 2026-11-20T09:00:00+08:00";

// Words as they were typed, until all of them are known to be there.
struct Words {
  std::string plate;
  std::string from;
  std::string to;
  uint64_t after = 0;
  uint64_t until = 0;
  uint64_t at = 0;
};

void read_plate(const std::string& word, RecordChoice& records) {
  if (word.empty()) {
    return;
  }
  const ParsedPlate parsed = parse_plate(word);
  if (!parsed.plate) {
    throw CLI::ValidationError("--plate", "'" + word + "': " + sentence_of(parsed.error));
  }
  records.plate = parsed.plate;
}

// As the log has it: a vehicle's identifier in capitals.
void read_vehicle(std::string& vehicle) {
  std::transform(vehicle.begin(), vehicle.end(), vehicle.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
}

void read_moment(const std::string& option, const std::string& word, bool end_of_day,
                 std::optional<CivilTime>& moment) {
  if (word.empty()) {
    return;
  }
  moment = moment_of(word, end_of_day);
  if (!moment) {
    throw CLI::ValidationError(option, "'" + word + "' is not " + std::string(kMoments));
  }
}

std::string check_type(const std::string& name) {
  const auto names = event_names();
  if (!name.empty() && std::find(names.begin(), names.end(), name) != names.end()) {
    return {};
  }
  std::string known;
  for (const std::string_view one : names.subspan(1)) {
    known.append(known.empty() ? "" : " ").append(one);
  }
  return "'" + name + "' is no type of record; there are " + known;
}

void add_sequence(CLI::App& command, const std::string& name, uint64_t& sequence,
                  const std::string& about) {
  const auto take = [name, &sequence](const std::string& text) {
    const auto number = parse_whole_number(text);
    if (!number) {
      throw CLI::ValidationError(name, "'" + text + "' is not a whole number, such as 1234");
    }
    sequence = static_cast<uint64_t>(*number);
  };
  command.add_option_function<std::string>(name, take, about)->type_name("SEQUENCE");
}

CLI::App& add(CLI::App& app, LogCommandLine& line, LogTask task, const std::string& name,
              const std::string& about) {
  CLI::App& command = *app.add_subcommand(name, about);
  command.callback([&line, task] { line.task = task; });
  return command;
}

void add_cat(CLI::App& app, LogCommandLine& line, Words& words) {
  RecordChoice& records = line.records;
  CLI::App& cat = add(app, line, LogTask::cat, "cat",
                      "print records as JSON lines, oldest first, archived ones too");
  cat.add_option("--plate", words.plate, "only records about this plate");
  cat.add_option("--vehicle", records.vehicle, "only records about this vehicle");
  cat.add_option("--owner", records.owner, "only records about this owner");
  cat.add_option("--type", records.types,
                 "only records of this type, such as drawn; may be repeated")
      ->check(CLI::Validator(check_type, "TYPE"));
  cat.add_option("--from", words.from, "only records at or after " + std::string(kMoments));
  cat.add_option("--to", words.to,
                 "only records before this instant; a day alone counts to its end");
  add_sequence(cat, "--after", words.after, "only records after this sequence");
  add_sequence(cat, "--until", words.until, "only records up to this sequence");
}

void add_rest(CLI::App& app, LogCommandLine& line, Words& words) {
  add(app, line, LogTask::list, "ls", "list log files, archive and snapshots, and how each ends");
  add(app, line, LogTask::verify, "verify",
      "check every byte of every file, every record, and every plate's state");
  add(app, line, LogTask::stats, "stats", "count records and bytes by type, batches, syncs, rates");
  CLI::App& digest =
      add(app, line, LogTask::digest, "digest", "print the digest of the state at a record");
  add_sequence(digest, "--at", words.at, "the record's sequence (default: the last one)");
  digest.add_flag("--from-empty", line.from_empty, "replay the whole log, without a snapshot");
  CLI::App& checkpoint = add(app, line, LogTask::checkpoint, "checkpoint",
                             "write a snapshot and retire the log files that no recovery needs");
  add_sequence(checkpoint, "--until", words.at,
               "the last record in the snapshot, which must be durable (default: the newest one "
               "that the log proves to be)");
  checkpoint.add_flag("--remove", line.remove_retired,
                      "remove retired log files instead of archiving them");
  checkpoint.add_option("--parent", line.parent, "end when this process ends")->group("");
}

void read_words(const CLI::App& app, const Words& words, LogCommandLine& line) {
  read_plate(words.plate, line.records);
  read_vehicle(line.records.vehicle);
  read_moment("--from", words.from, false, line.records.from);
  read_moment("--to", words.to, true, line.records.to);
  line.records.after = Sequence{words.after};
  const CLI::App& command = *app.get_subcommands().front();
  if (line.task == LogTask::cat && command.count("--until") > 0) {
    line.records.until = Sequence{words.until};
  } else if ((line.task == LogTask::digest && command.count("--at") > 0) ||
             (line.task == LogTask::checkpoint && command.count("--until") > 0)) {
    line.at = Sequence{words.at};
  }
}

}  // namespace

std::optional<CivilTime> moment_of(std::string_view text, bool end_of_day) {
  constexpr std::size_t kDaySize = 10;
  constexpr std::size_t kMinutesSize = 16;
  int64_t millis = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), millis);
  if (error == std::errc{} && end == text.data() + text.size()) {
    // Before 2000 it is a number of seconds that somebody took for milliseconds.
    constexpr int64_t kYear2000 = 946'684'800'000;
    return millis >= kYear2000 ? std::optional(CivilTime(Millis(millis))) : std::nullopt;
  }
  if (text.size() == kDaySize) {
    const std::optional<Day> day = parse_day(text);
    return day ? std::optional(CivilTime(*day + std::chrono::days(end_of_day ? 1 : 0)) -
                               kOfficesOffset)
               : std::nullopt;
  }
  if (const auto whole = instant_of(text)) {
    return whole;
  }
  const std::string seconds = text.size() == kMinutesSize ? ":00" : "";
  return instant_of(std::string(text) + seconds + "+08:00");
}

std::variant<LogCommandLine, CommandLineExit> parse_log_command_line(int argc,
                                                                     const char* const* argv) {
  LogCommandLine line;
  Words words;
  CLI::App app(std::string(kAbout), "platelog");
  app.add_option("--data", line.data, "the data directory")
      ->envname("PLATED_DATA")
      ->capture_default_str();
  app.add_flag("--json", line.json, "print one JSON document, for scripts");
  app.set_version_flag("--version", "platelog " PLATED_VERSION);
  app.require_subcommand(1);
  app.fallthrough();
  add_rest(app, line, words);
  add_cat(app, line, words);
  if (auto wrong = wrong_word(app, argc, argv)) {
    return *wrong;
  }
  if (auto empty = empty_word(app, argc, argv)) {
    return *empty;
  }
  try {
    app.parse(argc, argv);
    read_words(app, words, line);
  } catch (const CLI::ParseError& error) {
    return exit_of(app, error);
  }
  return line;
}

}  // namespace plated
