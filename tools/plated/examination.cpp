#include "tools/plated/examination.h"

#include <fmt/format.h>
#include <sys/timex.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <fstream>

// Of jemalloc, where that is linked.
extern "C" int mallctl(const char*, void*, size_t*, void*, size_t) __attribute__((weak));

namespace plated {
namespace {

using Level = FindingLevel;

constexpr int kSyncTries = 5;
constexpr std::size_t kSyncBytes = 4096;
constexpr double kHoursOfAYear = 366 * 24;
constexpr uint64_t kGiB = uint64_t{1} << 30;

Finding on_descriptors(const Examined& what) {
  std::string found = fmt::format("{} files may be open; limits.connections_max is {}",
                                  what.descriptors, what.connections_max);
  if (what.connections_fit >= what.connections_max) {
    return {"descriptors", Level::ok, std::move(found), {}};
  }
  return {"descriptors", Level::warning,
          found + fmt::format(", of which {} fit", what.connections_fit),
          "raise LimitNOFILE (systemd) or ulimit -Hn, or lower limits.connections_max"};
}

Finding on_clock() {
  timex clock{};
  const int state = ::adjtimex(&clock);
  if (state < 0) {
    return {"clock", Level::ok, "the kernel does not say whether the clock is kept", {}};
  }
  if (state == TIME_ERROR || (clock.status & STA_UNSYNC) != 0) {
    return {"clock", Level::warning, "nothing keeps the wall clock right (NTP)",
            "start chrony or systemd-timesyncd; dates and schedules go by this clock"};
  }
  return {"clock", Level::ok, "the wall clock is kept right", {}};
}

Finding on_sync(FileSystem& files, const Examined& what) {
  constexpr std::chrono::microseconds kSlow = std::chrono::milliseconds(20);
  constexpr std::chrono::microseconds kTooSlow = std::chrono::milliseconds(200);
  const auto took = sync_time(files, what.directory);
  if (!took) {
    return {"fsync", Level::error, "a file could not be written and synced in " + what.directory,
            "look after the disk, its mount and its owner"};
  }
  const std::string found =
      fmt::format("a sync takes {:.1f} ms", static_cast<double>(took->count()) / 1000);
  if (*took < kSlow) {
    return {"fsync", Level::ok, found, {}};
  }
  return {"fsync", *took < kTooSlow ? Level::warning : Level::error, found,
          "every answer waits for one; use a disk that syncs within some milliseconds"};
}

Finding on_disk(const Examined& what) {
  constexpr double kSoon = 48;
  constexpr double kVerySoon = 6;
  if (!what.file_room) {
    return {"disk", Level::error, "no more log files can be made: " + what.room_problem,
            "make room; work goes on within a second or two, without a restart"};
  }
  if (!what.disk_free) {
    return {"disk", Level::warning, "how much of the disk is free cannot be read",
            "look after the mount of " + what.directory};
  }
  const auto hours = hours_left(*what.disk_free, what.log_bytes, what.uptime);
  const std::string found =
      fmt::format("{:.1f} GiB free, for {}", static_cast<double>(*what.disk_free) / kGiB,
                  hours ? fmt::format("{:.0f} hours at the rate since the start", *hours)
                        : std::string("more than a year at the rate since the start"));
  const Level level = !hours || *hours >= kSoon ? Level::ok
                      : *hours >= kVerySoon     ? Level::warning
                                                : Level::error;
  return {"disk", level, found,
          level == Level::ok ? "" : "make room, or move archive/ of the data directory elsewhere"};
}

Finding on_huge_pages() {
  std::ifstream file("/sys/kernel/mm/transparent_hugepage/enabled");
  std::string line;
  if (!std::getline(file, line)) {
    return {"huge_pages", Level::ok, "the kernel does not say whether it has transparent ones", {}};
  }
  const std::size_t begin = line.find('[');
  const std::size_t end = line.find(']');
  const bool chosen = begin != std::string::npos && end != std::string::npos && begin < end;
  return {"huge_pages",
          Level::ok,
          "transparent huge pages: " + (chosen ? line.substr(begin + 1, end - begin - 1) : line),
          {}};
}

Finding on_allocator() {
  if (&mallctl != nullptr) {
    return {"allocator", Level::ok, "jemalloc", {}};
  }
  return {"allocator", Level::warning, "the C library's",
          "link jemalloc: with the C library's allocator memory grows with time"};
}

Finding on_certificate(const Examined& what) {
  constexpr std::chrono::days kSoon{30};
  constexpr std::chrono::days kVerySoon{7};
  if (!what.certificate_ends) {
    return {"certificate", Level::ok, "none: whoever stands in front speaks TLS", {}};
  }
  const auto left = std::chrono::floor<std::chrono::days>(*what.certificate_ends - what.now);
  const Level level = left >= kSoon ? Level::ok : left >= kVerySoon ? Level::warning : Level::error;
  const std::string found = left.count() >= 0 ? fmt::format("runs out in {} days", left.count())
                                              : fmt::format("ran out {} days ago", -left.count());
  return {"certificate", level, found,
          level == Level::ok ? "" : "renew tls.certificate and send SIGHUP"};
}

}  // namespace

std::optional<std::chrono::microseconds> sync_time(FileSystem& files,
                                                   const std::string& directory) {
  static std::atomic<uint64_t> looks{0};
  const std::string path = fmt::format("{}/doctor-{}.tmp", directory, ++looks);
  std::array<std::chrono::microseconds, kSyncTries> took{};
  const std::array<std::byte, kSyncBytes> bytes{};
  bool safe = true;
  {
    auto file = files.open(path, OpenMode::create);
    safe = file.ok();
    for (std::size_t i = 0; safe && i < took.size(); ++i) {
      const auto began = std::chrono::steady_clock::now();
      safe = file.value->write(i * kSyncBytes, bytes).ok() && file.value->sync().ok();
      took[i] = std::chrono::duration_cast<std::chrono::microseconds>(
          std::chrono::steady_clock::now() - began);
    }
  }
  const bool removed = files.remove(path).ok();
  std::sort(took.begin(), took.end());
  return safe && removed ? std::optional(took[took.size() / 2]) : std::nullopt;
}

std::optional<double> hours_left(uint64_t free, uint64_t written, Millis in) {
  constexpr double kMillisOfAnHour = 3'600'000;
  if (written == 0 || in <= Millis{}) {
    return std::nullopt;
  }
  const double hours = static_cast<double>(free) / static_cast<double>(written) *
                       static_cast<double>(in.count()) / kMillisOfAnHour;
  return hours > kHoursOfAYear ? std::nullopt : std::optional(hours);
}

std::vector<Finding> examine(FileSystem& files, const Examined& what) {
  return {on_descriptors(what),
          on_clock(),
          on_sync(files, what),
          on_disk(what),
          on_huge_pages(),
          on_allocator(),
          on_certificate(what),
          {"tickets", Level::ok, what.tickets, {}},
          {"standbys", Level::ok, "none: this server is alone", {}}};
}

}  // namespace plated
