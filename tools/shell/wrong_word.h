// What is wrong with the words of a command line, told so that it helps: the command or option that
// was probably meant, those there are, and `help COMMAND`; and what an option takes that is empty.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <span>
#include <string>

#include "tools/shell/command_line_exit.h"

namespace plated {

// For programs with subcommands, before `app` parses: nothing when every command and option is
// known and a command is named; an error (status 2) when not; and what `help` asks for (status 0).
[[nodiscard]] std::optional<CommandLineExit> wrong_word(const CLI::App& app, int argc,
                                                        const char* const* argv);

// Before `app` parses: nothing when no word is empty, but for values of the options that
// `may_be_empty` lists (as --hours); else an error (status 2) that says what is expected. CLI11
// takes an empty value for none or for 0, and the next word for the value of `--name=`, so that a
// script whose variable is empty would do what nobody meant.
[[nodiscard]] std::optional<CommandLineExit> empty_word(
    const CLI::App& app, int argc, const char* const* argv,
    std::span<const std::string> may_be_empty = {});

}  // namespace plated
