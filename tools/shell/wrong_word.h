// What is wrong with the words of a command line that has subcommands, told so that it helps: the
// command or option that was probably meant, those there are, and `help COMMAND`.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>

#include "tools/shell/command_line_exit.h"

namespace plated {

// Before `app` parses: nothing when every command and option is known and a command is named; an
// error (status 2) when not; and what `help` asks for (status 0).
[[nodiscard]] std::optional<CommandLineExit> wrong_word(const CLI::App& app, int argc,
                                                        const char* const* argv);

}  // namespace plated
