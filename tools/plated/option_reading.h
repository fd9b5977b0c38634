// What has been read of the options so far: their values, where each came from, and every mistake.
// options.cpp fills it from the file, the environment and the flags, and then has it judged.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "tools/plated/option_keys.h"
#include "tools/plated/options.h"

namespace plated {

struct OptionReading {
  Options options;
  std::vector<std::string> origins = std::vector<std::string>(option_keys().size(), "built-in");
  std::string mistakes;  // a line each
  bool usage = false;    // a flag was wrong, not the configuration

  // Adds a mistake that stands at `origin`: a place in a file, a variable or a flag.
  void mistake(std::string_view origin, std::string_view text);
};

// The place of the key of that name in option_keys(), and in the origins; their number: none.
[[nodiscard]] std::size_t index_of(std::string_view name);

// Adds the mistakes that show only when everything has been read: values of no use, and values that
// do not go together. Fills in what follows from other values, and what a rehearsal imposes.
void judge(OptionReading& reading);

}  // namespace plated
