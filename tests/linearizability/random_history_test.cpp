// Random true histories, their requests overlapping at random and some answers lost, must pass; the
// same with one lie in them must not, unless the lie could have been the truth.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "tests/linearizability/verdict.h"
#include "tests/linearizability/witness.h"
#include "tests/support/dice.h"
#include "tests/support/effort.h"

namespace plated::linearizability {
namespace {

constexpr uint64_t kRandomStepsMax = 300'000;
constexpr uint32_t kCars = 3;
constexpr uint32_t kPlates = 12;

class RandomHistory {
 public:
  explicit RandomHistory(uint64_t seed) : dice_(seed), witness_(kCars, kPlates) {
    for (int i = 0; i < 60; ++i) {
      act(Witness::car(1 + static_cast<uint32_t>(dice_.roll(kCars))));
    }
    for (Request& request : witness_.history.requests) {
      stretch(request.window);
      if (dice_.chance(8) && request.error.empty()) {
        request.answered = false;
        request.document.reset();
        request.window.until = kForever;
      }
    }
    for (Push& push : witness_.history.pushes) {
      stretch(push.window);
    }
    for (OperatorAct& act : witness_.history.acts) {
      stretch(act.window);
    }
  }

  [[nodiscard]] const History& history() const { return witness_.history; }

  // Changes one answer into something that it was not; says what, or nothing if it found none.
  std::string lie() {
    std::vector<Request>& requests = witness_.history.requests;
    for (int tries = 0; tries < 50; ++tries) {
      Request& request = requests[dice_.roll(requests.size())];
      const std::string said = lie_in(request);
      if (!said.empty()) {
        return said + " of " + request.client;
      }
    }
    return {};
  }

 private:
  // A request that may have any answer.
  void act(const std::string& car) {
    witness_.pass(static_cast<int64_t>(dice_.roll(4) == 0 ? dice_.roll(1'500) : dice_.roll(60)));
    const NaiveEngine::Face face = witness_.twin().face(car);
    switch (dice_.roll(14)) {
      case 0:
        witness_.enter(car);
        return;
      case 1:
        witness_.push(car);
        return;
      case 2:
        witness_.look(some_plate());
        return;
      case 3:
        witness_.kill();
        return;
      case 4:
        witness_.void_reservation(some_plate());
        return;
      case 5:
        witness_.confirm(car, some_plate());
        return;
      default:
        go_on(car, face);
    }
  }

  void go_on(const std::string& car, const NaiveEngine::Face& face) {
    if (face.step == plated::Step::submit) {
      witness_.submit(car, dice_.chance(80) ? "000000" : "111111");
    } else if (face.step == plated::Step::notice) {
      witness_.verify(car, dice_.chance(80) ? "000000" : "111111");
    } else if (!face.shortlist.empty() && dice_.chance(20)) {
      witness_.confirm(car, face.shortlist[0].value + 1);
    } else if (!face.batch.empty() && dice_.chance(50)) {
      witness_.shortlist(car, dice_.one_of(face.batch).value + 1);
    } else {
      const auto ahead = static_cast<uint32_t>(dice_.chance(70));
      witness_.draw(car, face.draw + ahead, static_cast<uint32_t>(dice_.roll(kPlates)));
    }
  }

  PlateId some_plate() { return 1 + static_cast<PlateId>(dice_.roll(kPlates)); }

  // Nobody asked the server that decided before it was there; its answer may be read at any time.
  void stretch(Window& window) {
    Micros there = 0;
    for (const Outage& outage : witness_.history.outages) {
      if (outage.ready_at <= window.until) {
        there = outage.ready_at;
      }
    }
    const Micros earlier = window.from - static_cast<Micros>(dice_.roll(60'000));
    window.from = std::min(window.from, std::max(earlier, there));
    window.until += static_cast<Micros>(dice_.roll(60'000));
  }

  std::string lie_in(Request& request) {
    if (!request.document) {
      return {};
    }
    Document& told = *request.document;
    switch (dice_.roll(8)) {
      case 0:
        told.version += dice_.chance(50) ? 1 : -1;
        return "a version";
      case 1:
        told.draws_left += told.step == Step::submit ? 0 : 1;
        return told.step == Step::submit ? "" : "the draws left";
      case 2:
        told.draw += 1;
        return "the draw";
      case 3:
        return told.batch ? lie_about(*told.batch, "the batch") : "";
      case 4:
        return told.shortlist ? lie_about(*told.shortlist, "the shortlist") : "";
      case 5:
        if (told.reserved == kNoPlate) {
          return {};
        }
        told.reserved = told.reserved % kPlates + 1;
        return "the reservation";
      case 6:
        if (!told.batch) {
          return {};
        }
        told.batch.reset();
        return "that there is a batch";
      default:
        request.document.reset();
        request.error = "wrong_step";
        return "that it was refused";
    }
  }

  // The first plate becomes one that is not in the hold, or its end moves by more than requests
  // overlap.
  std::string lie_about(Hold& hold, const char* what) {
    if (dice_.chance(50)) {
      hold.left += 200'000;
      return std::string("the end of ") + what;
    }
    do {
      hold.plates[0] = some_plate();
    } while (std::count(hold.plates.begin(), hold.plates.end(), hold.plates[0]) > 1);
    return what;
  }

  Dice dice_;
  Witness witness_;
};

uint64_t histories() { return long_form() ? 20'000 : 1'000; }

TEST(RandomHistory, WhatIsTruePasses) {
  for (uint64_t seed = 1; seed <= histories(); ++seed) {
    const RandomHistory random(seed);
    ASSERT_TRUE(random.history().owners.size() == kCars);
    const Verdict verdict = judge(random.history(), kRandomStepsMax);
    ASSERT_TRUE(verdict.linearizable())
        << "seed " << seed << ": "
        << (verdict.violations.empty() ? "gave up" : verdict.violations[0]);
  }
}

TEST(RandomHistory, ALieIsMostlyFound) {
  uint64_t lies = 0;
  uint64_t found = 0;
  for (uint64_t seed = 1; seed <= histories(); ++seed) {
    RandomHistory random(seed);
    if (random.lie().empty()) {
      continue;
    }
    ++lies;
    found += judge(random.history(), kRandomStepsMax).violations.empty() ? 0 : 1;
  }
  RecordProperty("lies", std::to_string(lies));
  RecordProperty("found", std::to_string(found));
  std::printf("%llu of %llu lies were found\n", static_cast<unsigned long long>(found),
              static_cast<unsigned long long>(lies));
  EXPECT_GT(lies, histories() * 9 / 10);
  // The others could have been the truth: a countdown that a crash gave back, say.
  EXPECT_GT(found, lies * 9 / 10);
}

}  // namespace
}  // namespace plated::linearizability
