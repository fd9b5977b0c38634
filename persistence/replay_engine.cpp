#include "persistence/replay_engine.h"

#include "engine/check.h"

namespace plated {
namespace {

// Under an engine that only replays: nothing is ever appended.
class NoSink final : public EventSink {
 public:
  [[nodiscard]] bool reserve(For) override { return false; }
  void release(For) override {}
  Sequence append(const Now&, std::span<const Event>) override {
    check(false, "an engine that replays decides nothing");
    return {};
  }
  [[nodiscard]] Sequence last() const override { return {}; }
};

class NoTicks final : public TickSource {
 public:
  [[nodiscard]] Now now() override { return {}; }
};

}  // namespace

std::unique_ptr<Engine> make_replay_engine() {
  static NoSink sink;
  static NoTicks ticks;
  return std::make_unique<Engine>(EngineOptions{}, sink, ticks);
}

}  // namespace plated
