// The canonical workload's world, shared by the benchmarks: offices that are open, each with a pool
// of small electric plates, and applications that have come to `pick`, spread evenly over the
// offices. The sink only counts and the clocks stand still unless another is given. Everything
// comes from fixed seeds.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <random>
#include <span>
#include <string_view>
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

// A clock that goes only when it is told to.
class BenchTicks final : public TickSource {
 public:
  [[nodiscard]] Now now() override {
    const Millis elapsed{elapsed_us_.load(std::memory_order_relaxed) / 1000};
    return {Tick{Millis{1} + elapsed}, CivilTime{Millis{1'772'589'600'000} + elapsed}};
  }
  void advance(std::chrono::microseconds step) {
    elapsed_us_.fetch_add(step.count(), std::memory_order_relaxed);
  }

 private:
  std::atomic<int64_t> elapsed_us_{0};
};

struct WorkloadSize {
  uint32_t offices = 1;
  uint32_t plates_of_each = 1'700'000;  // at most all small electric ones, which are so many
  uint64_t applications = 20'000;
  uint32_t shards = 16;

  [[nodiscard]] uint64_t plates() const { return uint64_t{offices} * plates_of_each; }
};

// What somebody who comes knows of their own selection; one cache line, so that a benchmark can
// fetch it ahead.
struct alignas(64) Citizen {
  std::array<char, 12> owner{};
  std::array<char, 17> vehicle{};
  uint8_t owner_size = 0;
  bool done = false;
  uint32_t draw = 0;  // the latest
  uint32_t hint = kNoIndex;
  Plate choice;  // of the latest batch

  [[nodiscard]] Who who() const {
    return {{owner.data(), owner_size}, {vehicle.data(), vehicle.size()}, hint};
  }
};
static_assert(sizeof(Citizen) == 64);

// Those who come, at random; each one's own record is in the cache when they do, because it stands
// for what a server has just read from a socket.
class Arrivals {
 public:
  Arrivals(std::span<Citizen> citizens, uint64_t seed) : citizens_(citizens), random_(seed) {
    for (std::size_t i = 0; i < coming_.size(); ++i) {
      invite(i);
    }
  }
  Citizen& next() {
    Citizen* const here = coming_[at_];
    invite(at_);
    at_ = (at_ + 1) % coming_.size();
    return *here;
  }
  [[nodiscard]] uint32_t dice(uint32_t sides) { return static_cast<uint32_t>(random_() % sides); }

 private:
  void invite(std::size_t i) {
    coming_[i] = &citizens_[random_() % citizens_.size()];
    __builtin_prefetch(coming_[i], 1);
  }

  std::span<Citizen> citizens_;
  std::mt19937_64 random_;
  std::array<Citizen*, 8> coming_{};
  std::size_t at_ = 0;
};

class Workload {
 public:
  static constexpr uint32_t kDrawsMaxOfOffice = 60'000;

  explicit Workload(const WorkloadSize& size) : Workload(size, sink) {}
  // What happens goes into `log` instead.
  Workload(const WorkloadSize& size, EventSink& log)
      : engine(EngineOptions{size.shards, EntropySeed{1}}, log, ticks) {
    require(engine.found(true));
    for (uint32_t n = 0; n < size.offices; ++n) {
      open_office(office(n), size.plates_of_each);
    }
    citizens.resize(size.applications);
    for (uint64_t n = 0; n < size.applications; ++n) {
      come_to_pick(n, office(static_cast<uint32_t>(n % size.offices)));
    }
  }

  // Draws, and keeps what the citizen then knows.
  void draw(Citizen& citizen, Outcome& answer) {
    engine.draw({citizen.who(), citizen.draw + 1, false}, answer);
    if (answer.refusal == Refusal::none) {
      ++citizen.draw;
      citizen.choice = {answer.application.pool, answer.application.batch.front()};
    }
  }

  static void require(const Verdict& verdict) { check(verdict.ok(), "the world is made"); }

  CountingSink sink;
  BenchTicks ticks;
  Engine engine;
  std::vector<Citizen> citizens;
  Outcome out;

 private:
  // Province by province, 粤 first as in every example.
  static OfficeCode office(uint32_t n) {
    constexpr std::string_view kLetters = "BACDEFGHJKLMNPQRSTUVWXYZ";
    const OfficeCode first = *parse_office("粤B").office;
    const auto province = static_cast<uint32_t>(first.province + n / kLetters.size());
    return {static_cast<uint8_t>(province % 31), kLetters[n % kLetters.size()]};
  }

  void open_office(OfficeCode office, uint32_t plates) {
    const PoolKey pool{office, PlateClass::small, Power::electric};
    Changes changes;
    OfficePatch patch{.office = office};
    patch.settings.emplace();
    patch.settings->draws = kDrawsMaxOfOffice;
    require(engine.put_office(patch, kNobody, changes));
    require(engine.set_open(office, true, {}, kNobody, changes));
    require(engine.make_pool(pool, DrawSecret{1}, DrawSecret{2}));
    LoadSegment segment;
    segment.plates = {pool, PlateNumber{0}, PlateNumber{plates - 1}};
    require(engine.load(segment, kNobody).verdict);
  }

  void come_to_pick(uint64_t n, OfficeCode office) {
    Citizen& citizen = citizens[n];
    std::array<char, 32> text{};
    citizen.owner_size = static_cast<uint8_t>(
        std::snprintf(text.data(), text.size(), "r-%llu", static_cast<unsigned long long>(n)));
    std::copy_n(text.begin(), citizen.owner_size, citizen.owner.begin());
    std::snprintf(text.data(), text.size(), "RHRSL%012llu", static_cast<unsigned long long>(n));
    std::copy_n(text.begin(), citizen.vehicle.size(), citizen.vehicle.begin());
    require(engine.make_rehearsal_owner(n, office));
    engine.submit({citizen.who(), {}, CodeVerdict::right}, out);
    engine.verify({citizen.who(), CodeVerdict::right}, out);
    citizen.hint = out.hint;
    check(out.refusal == Refusal::none, "an application comes to pick");
  }
};

}  // namespace plated
