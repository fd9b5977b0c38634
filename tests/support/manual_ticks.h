// Clocks that a test moves by hand. Service time and civil time go together unless told otherwise.
#pragma once

#include <atomic>

#include "engine/types.h"

namespace plated {

class ManualTicks : public TickSource {
 public:
  explicit ManualTicks(CivilTime civil) : civil_ms_(civil.time_since_epoch().count()) {}

  Now now() override {
    return {Tick(Millis(tick_ms_.load())), CivilTime(Millis(civil_ms_.load()))};
  }
  // Time passes while the service runs.
  void advance(Millis span) {
    tick_ms_ += span.count();
    civil_ms_ += span.count();
  }
  // Time passes while the service is down: dates go on, countdowns do not.
  void sleep(Millis span) { civil_ms_ += span.count(); }

 private:
  std::atomic<int64_t> tick_ms_{0};
  std::atomic<int64_t> civil_ms_;
};

}  // namespace plated
