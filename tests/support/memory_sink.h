// An event sink that keeps everything: each event as a copy of its own, so that tests can look at
// what was recorded and replay it into another engine. Thread-safe, like the real one.
#pragma once

#include <deque>
#include <mutex>
#include <span>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "engine/events.h"

namespace plated {

class MemorySink : public EventSink {
 public:
  bool reserve(For) override { return !full; }
  void release(For) override {}

  Sequence append(const Now& now, std::span<const Event> events) override {
    const std::lock_guard lock(mutex_);
    appends.push_back(events.size());
    for (const Event& event : events) {
      records.push_back({Sequence{records.size() + 1 + before}, now, keep(event)});
    }
    return Sequence{records.size() + before};
  }

  Sequence last() const override {
    const std::lock_guard lock(mutex_);
    return Sequence{records.size() + before};
  }

  // Shows each record to `show`, which asks nothing of the sink, while others may go on recording.
  template <class Show>
  void each(Show&& show) const {
    const std::lock_guard lock(mutex_);
    for (const Record& record : records) {
      show(record);
    }
  }

  // The rest is for tests that have no other threads.

  // How many events of one kind were recorded.
  template <class E>
  [[nodiscard]] std::size_t count() const {
    std::size_t n = 0;
    for (const Record& record : records) {
      n += std::holds_alternative<E>(record.event) ? 1 : 0;
    }
    return n;
  }
  // The last event of one kind; fails the test's access when there is none.
  template <class E>
  [[nodiscard]] const E& latest() const {
    for (auto record = records.rbegin();; ++record) {
      if (const E* event = std::get_if<E>(&record->event)) {
        return *event;
      }
    }
  }

  bool full = false;    // refuse all room, as a full disk does
  uint64_t before = 0;  // how many records an earlier log held
  std::deque<Record> records;
  std::deque<std::size_t> appends;  // how many events each append had

 private:
  // Copies what the event's views point to.
  struct Keeper {
    MemorySink& sink;
    void operator()(std::string_view, std::string_view& text) const {
      text = sink.texts_.emplace_back(text);
    }
    template <class T>
    void operator()(std::string_view, std::span<const T>& list) const {
      auto& bytes = sink.bytes_.emplace_back(list.size_bytes() / sizeof(uint64_t) + 1);
      T* const copy = reinterpret_cast<T*>(bytes.data());
      std::uninitialized_copy(list.begin(), list.end(), copy);
      list = std::span<const T>(copy, list.size());
    }
    template <class T>
    void operator()(std::string_view, T& value) const {
      if constexpr (requires { T::fields(value, *this); }) {
        T::fields(value, *this);
      }
    }
  };

  Event keep(Event event) {
    std::visit(
        [this](auto& e) {
          if constexpr (!std::is_same_v<std::decay_t<decltype(e)>, std::monostate>) {
            std::decay_t<decltype(e)>::fields(e, Keeper{*this});
          }
        },
        event);
    return event;
  }

  mutable std::mutex mutex_;
  std::deque<std::string> texts_;
  std::deque<std::vector<uint64_t>> bytes_;
};

}  // namespace plated
