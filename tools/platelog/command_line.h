// platelog's command line: what is to be done, with which files, for whom. Pure but for reading
// `argv`; platelog's main and its tests may call it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/types.h"
#include "tools/shell/command_line_exit.h"

namespace plated {

enum class LogTask : uint8_t { list, cat, verify, digest, stats, checkpoint };

// Which records `cat` shows. What is not named does not matter.
struct RecordChoice {
  std::optional<Plate> plate;
  std::string vehicle;
  std::string owner;
  std::vector<std::string> types;
  std::optional<CivilTime> from;  // at or after
  std::optional<CivilTime> to;    // before
  Sequence after;
  std::optional<Sequence> until;
};

struct LogCommandLine {
  std::string data = "./plated-data";
  bool json = false;
  LogTask task = LogTask::list;
  RecordChoice records;
  std::optional<Sequence> at;  // of `digest` and `checkpoint`
  bool from_empty = false;
  bool remove_retired = false;
  int parent = 0;  // 0: nobody's child
};

[[nodiscard]] std::variant<LogCommandLine, CommandLineExit> parse_log_command_line(
    int argc, const char* const* argv);

// Unix milliseconds; a day, which is its beginning, or its end if `end_of_day`; a day and a time of
// day, with an offset as RFC 3339 has it, or in the offices' time, +08:00.
[[nodiscard]] std::optional<CivilTime> moment_of(std::string_view text, bool end_of_day);

}  // namespace plated
