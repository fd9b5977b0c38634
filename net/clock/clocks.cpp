#include "net/clock/clocks.h"

namespace plated {

Clocks machine_clocks() {
  return {[] {
            return std::chrono::floor<Millis>(std::chrono::steady_clock::now().time_since_epoch());
          },
          [] { return std::chrono::floor<Millis>(std::chrono::system_clock::now()); },
          read_boot_moment};
}

}  // namespace plated
