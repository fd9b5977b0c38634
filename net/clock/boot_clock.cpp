#include "net/clock/boot_clock.h"

#include <ctime>
#include <fstream>

namespace plated {

namespace {

// Empty where the machine does not name its runs.
std::string read_boot_name() {
  std::ifstream names("/proc/sys/kernel/random/boot_id");
  std::string name;
  std::getline(names, name);
  return name;
}

}  // namespace

std::optional<BootMoment> read_boot_moment() {
  static const std::string boot = read_boot_name();  // no process outlives its run of the machine
  BootMoment moment{boot, {}};
  timespec running{};
  if (boot.empty() || ::clock_gettime(CLOCK_BOOTTIME, &running) != 0) {
    return std::nullopt;
  }
  moment.running = std::chrono::floor<Millis>(std::chrono::seconds(running.tv_sec) +
                                              std::chrono::nanoseconds(running.tv_nsec));
  return moment;
}

}  // namespace plated
