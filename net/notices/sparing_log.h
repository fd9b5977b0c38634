// Says what keeps happening once a minute, each thing for itself: a gateway that is down for a day,
// or a limit that is met by everybody, must be seen and must not fill a disk. Thread-safe.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include "engine/guarded.h"

namespace plated {

class SparingLog {
 public:
  using Say = std::function<void(const std::string&)>;
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::minutes kEvery{1};
  static constexpr std::size_t kThingsMax = 1000;  // remembered; then all are forgotten

  explicit SparingLog(Say say) : say_(std::move(say)) {}

  // Says `text`, unless something of the same `thing` was said within the minute before `now`; then
  // it is only counted, and the number is told with the next.
  void say(const std::string& thing, const std::string& text, Clock::time_point now) {
    uint64_t unsaid = 0;
    {
      const Hold things(things_);
      if (things->size() >= kThingsMax) {
        things->clear();
      }
      const auto [found, first] = things->try_emplace(thing, Thing{now, 0});
      if (!first && now - found->second.said < kEvery) {
        ++found->second.unsaid;
        return;
      }
      unsaid = std::exchange(found->second.unsaid, 0);
      found->second.said = now;
    }
    say_(unsaid == 0 ? text
                     : text + " (and " + std::to_string(unsaid) + " times since it was said)");
  }

 private:
  struct Thing {
    Clock::time_point said;
    uint64_t unsaid = 0;
  };

  const Say say_;
  Guarded<std::map<std::string, Thing>> things_;
};

}  // namespace plated
