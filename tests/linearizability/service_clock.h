// What clients can know of the service time on which countdowns run: it goes on with their own
// clock while the server runs, stands still while it is down, and a crash may give a little of it
// back. So between two moments there is a most and a least that may have passed. A countdown that
// was read somewhere in between has an earliest and a latest end. For tests only.
#pragma once

#include <vector>

#include "tests/linearizability/history.h"

namespace plated::linearizability {

class ServiceClock {
 public:
  ServiceClock(std::vector<Outage> outages, Micros given_back)
      : outages_(std::move(outages)), given_back_(given_back) {}

  // Between `a` and `b` at most most(b) - most(a) has passed, and at least least(b) - least(a).
  [[nodiscard]] Micros most(Micros at) const;
  [[nodiscard]] Micros least(Micros at) const;
  // A crash lets `least` go back, so what is greatest and what is smallest of it within a window
  // may stand in between.
  [[nodiscard]] Micros greatest_least(Window window) const;
  [[nodiscard]] Micros smallest_least(Window window) const;

 private:
  std::vector<Outage> outages_;
  Micros given_back_;
};

// The end of a countdown, as far as it is known: `earliest` on the scale of `most`, `latest` on
// that of `least`.
struct Countdown {
  Micros earliest = 0;
  Micros latest = 0;

  // One that had `left` at one instant of the window.
  [[nodiscard]] static Countdown of(const ServiceClock& clock, Window window, Micros left);
  [[nodiscard]] bool may_be_over(const ServiceClock& clock, Window window) const;
  [[nodiscard]] bool may_run(const ServiceClock& clock, Window window) const;
  // Takes a reading of `left` into account; false if it contradicts what is known.
  [[nodiscard]] bool agree(const ServiceClock& clock, Window window, Micros left);

  friend bool operator==(const Countdown&, const Countdown&) = default;
};

}  // namespace plated::linearizability
