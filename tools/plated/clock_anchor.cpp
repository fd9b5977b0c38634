#include "tools/plated/clock_anchor.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cstdlib>

namespace plated {
namespace {

// How far the wall clock may drift before it is kept anew.
constexpr int64_t kDriftMaxMs = 1000;
// An outage that nobody can measure is told from this length on.
constexpr Millis kTellOutage = std::chrono::hours(1);

std::string instant_text(CivilTime at) {
  return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC",
                     std::chrono::time_point_cast<std::chrono::seconds>(at));
}

std::string span_text(Millis span) {
  const auto minutes = std::chrono::floor<std::chrono::minutes>(span).count();
  const auto hours = minutes / 60;
  if (hours >= 48) {
    return fmt::format("{} days {} h", hours / 24, hours % 24);
  }
  return hours > 0 ? fmt::format("{} h {} min", hours, minutes % 60)
                   : fmt::format("{} min", minutes);
}

// The clock is not believed: where dates go on instead.
std::string disbelief(CivilTime wall, CivilTime believed) {
  const bool ahead = wall > believed;
  return fmt::format(
      "the wall clock says {}, {} {} where it should be; dates go on at {}. If the clock is right, "
      "say so with `platectl clock accept`; if not, set it right first",
      instant_text(wall), span_text(std::chrono::abs(wall - believed)),
      ahead ? "ahead of" : "behind", instant_text(believed));
}

}  // namespace

ClockAnchorKeeper::ClockAnchorKeeper(FileSystem& files, std::string directory, ReadBoot read_boot)
    : files_(files), directory_(std::move(directory)), read_boot_(std::move(read_boot)) {}

std::optional<CivilTime> ClockAnchorKeeper::expected(std::string& why) {
  const auto read = read_clock_anchor(files_, directory_);
  if (!read.ok()) {
    why = read.status.text();
    return std::nullopt;
  }
  kept_ = read.value;
  const auto moment = read_boot_();
  if (!kept_ || !moment || kept_->boot != moment->boot) {
    return std::nullopt;
  }
  return CivilTime{Millis{kept_->zero_ms} + moment->running};
}

Status ClockAnchorKeeper::keep(CivilTime wall) {
  const auto moment = read_boot_();
  if (!moment) {
    return {};
  }
  const ClockAnchor anchor{moment->boot, (wall.time_since_epoch() - moment->running).count()};
  if (kept_ && kept_->boot == anchor.boot &&
      std::abs(kept_->zero_ms - anchor.zero_ms) <= kDriftMaxMs) {
    return {};
  }
  Status written = write_clock_anchor(files_, directory_, anchor);
  if (written.ok()) {
    kept_ = anchor;
  }
  return written;
}

std::optional<std::string> clock_remark(const ClockWatch::Before& before, CivilTime wall) {
  if (before.expected) {
    return std::chrono::abs(wall - *before.expected) > kJumpMin
               ? std::optional(disbelief(wall, *before.expected))
               : std::nullopt;
  }
  if (!before.recorded) {
    return std::nullopt;
  }
  const Millis since = wall - *before.recorded;
  if (since > kOutageMax || -since > kJumpMin) {
    return disbelief(wall, *before.recorded);
  }
  if (since < kTellOutage) {
    return std::nullopt;
  }
  return fmt::format(
      "the log ends at {}, {} before the wall clock's {}. If the service was not down for so long, "
      "the clock is wrong: stop, set it right, and start again before anybody comes",
      instant_text(*before.recorded), span_text(since), instant_text(wall));
}

}  // namespace plated
