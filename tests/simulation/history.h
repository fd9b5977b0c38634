// Everything that the engine ever appended, as it was appended: a fingerprint of each record, by
// its place. It stands between engine and group commit, outside the server, so it outlives crashes;
// what a crash lost is cut off when recovery has said where the log goes on.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/events.h"
#include "persistence/record.h"

namespace plated {

class History {
 public:
  void add(const Now& now, const Event& event) {
    prints_.push_back(print_of(now, event));
    ++kinds_[event.index()];
  }
  void cut(Sequence last) { prints_.resize(static_cast<std::size_t>(last.value)); }
  [[nodiscard]] Sequence last() const { return Sequence{prints_.size()}; }
  [[nodiscard]] bool holds(const Record& record) {
    return record.sequence.value >= 1 && record.sequence <= last() &&
           prints_[static_cast<std::size_t>(record.sequence.value - 1)] ==
               print_of(record.now, record.event);
  }

  // How many of each kind were appended, lost ones too.
  using Kinds = std::array<uint64_t, kEventTypes>;
  [[nodiscard]] const Kinds& kinds() const { return kinds_; }

 private:
  uint64_t print_of(const Now& now, const Event& event) {
    bytes_.resize(encoded_size(event));
    encode_record(now, event, bytes_.data());
    uint64_t print = 0xcbf29ce484222325U;  // FNV-1a
    for (const std::byte byte : bytes_) {
      print = (print ^ static_cast<uint64_t>(byte)) * 0x100000001b3U;
    }
    return print;
  }

  std::vector<uint64_t> prints_;
  Kinds kinds_{};
  std::vector<std::byte> bytes_;
};

// What the engine of a simulated server writes to: group commit, with the history beside it.
class RecordedSink final : public EventSink {
 public:
  RecordedSink(EventSink& sink, History& history) : sink_(sink), history_(history) {}

  [[nodiscard]] bool reserve(For whose) override { return sink_.reserve(whose); }
  void release(For whose) override { sink_.release(whose); }
  Sequence append(const Now& now, std::span<const Event> events) override {
    for (const Event& event : events) {
      history_.add(now, event);
    }
    return sink_.append(now, events);
  }
  [[nodiscard]] Sequence last() const override { return sink_.last(); }

 private:
  EventSink& sink_;
  History& history_;
};

}  // namespace plated
