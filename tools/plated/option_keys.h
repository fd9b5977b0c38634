// The table of every option: its name in TOML, its kind and range, its help. The environment name
// is made from the name (`ticket.key` is PLATED_TICKET_KEY), the flag too, where there is one. Only
// options.cpp and option_reading.h may include this.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tools/plated/options.h"

namespace plated {

struct TextValue {
  std::string Options::*at;
};
struct SwitchValue {
  bool Options::*at;
};
struct WholeValue {
  uint64_t Options::*at;
  uint64_t min;
  uint64_t max;
};
// A span with its unit, as in 24h; milliseconds.
struct SpanValue {
  uint64_t Options::*at;
  uint64_t min;
  uint64_t max;
};
struct ListValue {
  std::vector<std::string> Options::*at;
};
// One of some words; `put` and `get` take the word's index.
struct ChoiceValue {
  std::span<const std::string_view> words;
  void (*put)(Options& options, std::size_t index);
  std::size_t (*get)(const Options& options);
};

struct OptionKey {
  std::string_view name;
  bool has_flag;
  std::string_view placeholder;  // of the value, in the help
  std::string_view help;
  std::variant<TextValue, SwitchValue, WholeValue, SpanValue, ListValue, ChoiceValue> value;
};

// In the order in which they are shown.
[[nodiscard]] std::span<const OptionKey> option_keys();

[[nodiscard]] std::string environment_name(const OptionKey& key);

// Each puts one value, or says in a few words what the key wants instead.
using Objection = std::optional<std::string>;
[[nodiscard]] Objection put_text(const OptionKey& key, Options& options, std::string_view text);
[[nodiscard]] Objection put_bool(const OptionKey& key, Options& options, bool value);
[[nodiscard]] Objection put_integer(const OptionKey& key, Options& options, int64_t value);
[[nodiscard]] Objection put_list(const OptionKey& key, Options& options,
                                 std::vector<std::string> values);
// What the key wants, in a few words: `a whole number from 1 to 1024`.
[[nodiscard]] std::string wanted(const OptionKey& key);
// Reads a value as the environment and the flags write it; a list is separated by commas.
[[nodiscard]] Objection put_word(const OptionKey& key, Options& options, std::string_view word);

// The value as TOML.
[[nodiscard]] std::string show(const OptionKey& key, const Options& options);

}  // namespace plated
