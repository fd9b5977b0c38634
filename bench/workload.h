// The canonical workload's world, shared by the benchmarks: one office with the whole electric
// small pool, applications that have come to `pick`, a sink that only counts, and clocks that stand
// still. Everything comes from fixed seeds.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "engine/check.h"
#include "engine/engine.h"
#include "engine/plate.h"

namespace plated {

// Gives out sequences and keeps nothing: what is measured above it is the engine alone.
class CountingSink final : public EventSink {
 public:
  [[nodiscard]] bool reserve(For) override { return true; }
  void release(For) override {}
  Sequence append(const Now&, std::span<const Event> events) override {
    return Sequence{last_.fetch_add(events.size(), std::memory_order_relaxed) + events.size()};
  }
  [[nodiscard]] Sequence last() const override {
    return Sequence{last_.load(std::memory_order_relaxed)};
  }

 private:
  std::atomic<uint64_t> last_{0};
};

class StandingTicks final : public TickSource {
 public:
  [[nodiscard]] Now now() override { return now_; }

 private:
  Now now_{Tick{Millis{1}}, CivilTime{Millis{1'772'589'600'000}}};
};

class Workload {
 public:
  static constexpr uint32_t kDrawsMaxOfOffice = 60'000;

  explicit Workload(uint64_t applications) : Workload(applications, sink) {}
  // What happens goes into `log` instead.
  Workload(uint64_t applications, EventSink& log)
      : engine(EngineOptions{16, EntropySeed{1}}, log, ticks) {
    Changes changes;
    const OfficeCode office = *parse_office("粤B").office;
    const PoolKey pool{office, PlateClass::small, Power::electric};
    OfficePatch patch{.office = office};
    patch.settings.emplace();
    patch.settings->draws = kDrawsMaxOfOffice;
    require(engine.found(true));
    require(engine.put_office(patch, kNobody, changes));
    require(engine.set_open(office, true, {}, kNobody, changes));
    require(engine.make_pool(pool, DrawSecret{1}, DrawSecret{2}));
    LoadSegment segment;
    segment.plates = {pool, PlateNumber{0}, PlateNumber{plates_of(pool.plate_class) - 1}};
    require(engine.load(segment, kNobody).verdict);
    for (uint64_t n = 0; n < applications; ++n) {
      const std::string digits = std::to_string(n);
      owners.push_back("r-" + digits);
      vehicles.push_back("RHRSL" + std::string(12 - digits.size(), '0') + digits);
      require(engine.make_rehearsal_owner(n, office));
      engine.submit({who(n), {}, CodeVerdict::right}, out);
      engine.verify({who(n), CodeVerdict::right}, out);
      check(out.refusal == Refusal::none, "an application comes to pick");
    }
  }

  [[nodiscard]] Who who(uint64_t n) const { return {owners[n], vehicles[n]}; }
  static void require(const Verdict& verdict) { check(verdict.ok(), "the world is made"); }

  CountingSink sink;
  StandingTicks ticks;
  Engine engine;
  std::vector<std::string> owners;
  std::vector<std::string> vehicles;
  Outcome out;
};

}  // namespace plated
