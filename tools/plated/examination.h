// What `doctor` can find out about a running server's machine and files without asking anybody:
// descriptors, clock, disk, memory, certificate. Each look costs milliseconds; several at once do
// not disturb each other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/types.h"
#include "net/operators/actions.h"
#include "persistence/file_system.h"

namespace plated {

struct Examined {
  std::string directory;
  std::size_t descriptors = 0;                  // that the process may have open
  uint64_t connections_max = 0;                 // as configured
  std::size_t connections_fit = 0;              // beside what is kept back
  std::optional<CivilTime> certificate_ends{};  // nothing: there is no TLS
  std::string tickets{};                        // what they are signed with, and for how long
  bool file_room = true;                        // log files can be made
  std::string room_problem{};                   // why not
  std::optional<uint64_t> disk_free{};          // bytes
  uint64_t log_bytes = 0;                       // written since the start
  Millis uptime{};
  CivilTime now{};
};

[[nodiscard]] std::vector<Finding> examine(FileSystem& files, const Examined& what);

// How long the disk takes to make a few KiB safe, the median of some tries; nothing: it failed.
[[nodiscard]] std::optional<std::chrono::microseconds> sync_time(FileSystem& files,
                                                                 const std::string& directory);

// Hours until a disk is full that fills as fast as it did; nothing: not in a year.
[[nodiscard]] std::optional<double> hours_left(uint64_t free, uint64_t written, Millis in);

}  // namespace plated
