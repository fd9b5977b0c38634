#include "persistence/replay_engine.h"

#include "engine/check.h"

namespace plated {
namespace {

// Under an engine that only replays: nothing is ever appended.
class NoSink final : public EventSink {
 public:
  [[nodiscard]] bool reserve(For) override {
    check(false, "an engine that replays asks for no room in a log");
    return false;
  }
  void release(For) override { check(false, "what was not reserved is not released"); }
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
  auto engine = std::make_unique<Engine>(EngineOptions{}, sink, ticks);
  check(engine->applied().value == 0, "a fresh engine has applied nothing");
  return engine;
}

}  // namespace plated
