#include "net/clock/boot_clock.h"

#include <ctime>
#include <fstream>

namespace plated {

std::optional<BootMoment> read_boot_moment() {
  BootMoment moment;
  std::ifstream names("/proc/sys/kernel/random/boot_id");
  timespec running{};
  if (!std::getline(names, moment.boot) || moment.boot.empty() ||
      ::clock_gettime(CLOCK_BOOTTIME, &running) != 0) {
    return std::nullopt;
  }
  moment.running = std::chrono::floor<Millis>(std::chrono::seconds(running.tv_sec) +
                                              std::chrono::nanoseconds(running.tv_nsec));
  return moment;
}

}  // namespace plated
