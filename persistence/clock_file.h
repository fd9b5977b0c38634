// The file `clock` of a data directory: where the wall clock stood against the machine's own count
// of time when it was last believed. Only advice: without it, or with one of another run of the
// machine, a start knows less about how long the service was down.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "persistence/file_system.h"
#include "persistence/status.h"

namespace plated {

struct ClockAnchor {
  std::string boot;     // names a run of the machine: at most 64 letters, digits and hyphens
  int64_t zero_ms = 0;  // the wall clock at the beginning of that run, in Unix milliseconds
};

// Nothing when there is no such file; `corruption` when it is none of ours.
Result<std::optional<ClockAnchor>> read_clock_anchor(FileSystem& files,
                                                     const std::string& directory);

// Replaces the file; safe when it returns ok.
Status write_clock_anchor(FileSystem& files, const std::string& directory,
                          const ClockAnchor& anchor);

}  // namespace plated
