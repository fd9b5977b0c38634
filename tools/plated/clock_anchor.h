// What a start knows about the wall clock over the time in which the service was down: the log's
// last time, and what the machine's own count of time makes of it (persistence/clock_file.h). Not
// thread-safe; the start uses it first, the clockwork afterwards.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "engine/types.h"
#include "net/clock/boot_clock.h"
#include "net/clock/clock_watch.h"
#include "persistence/clock_file.h"
#include "persistence/file_system.h"

namespace plated {

class ClockAnchorKeeper {
 public:
  using ReadBoot = std::function<std::optional<BootMoment>()>;

  // Requires a file system that outlives it and a directory that is locked.
  ClockAnchorKeeper(FileSystem& files, std::string directory, ReadBoot read_boot);

  // Reads what was kept. What the wall clock should say now, where that is known. A file that
  // cannot be read counts as none; `why` tells what was wrong with it.
  [[nodiscard]] std::optional<CivilTime> expected(std::string& why);

  // Keeps that the wall clock is believed to say `wall` now. Writes only when that moved by more
  // than a second against what was kept, so it is cheap to call often. After a failure, which
  // matters to nobody but the next start, it tries again when called again.
  Status keep(CivilTime wall);

 private:
  FileSystem& files_;
  const std::string directory_;
  const ReadBoot read_boot_;
  std::optional<ClockAnchor> kept_;
};

// What whoever started the server should know about its wall clock; nothing when all is well. Of an
// outage that the machine itself cannot explain, that is its length; of a wall clock that is
// wrong, by how much, and what to do.
[[nodiscard]] std::optional<std::string> clock_remark(const ClockWatch::Before& before,
                                                      CivilTime wall);

}  // namespace plated
