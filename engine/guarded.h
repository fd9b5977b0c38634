// A value behind a mutex, and the only ways to it: Hold for one, HoldAll for many. Whoever has a
// Hold has the mutex, so the type says what a comment could only ask for; clang's thread-safety
// analysis checks the rest. Which mutex may be taken while which is held stands in engine.h.
//
// A std::mutex stays where a thread waits with it for a condition, where it gives a turn and guards
// no value, and where many may read at once. Each says why it is "not Guarded"; tidy.py looks.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "engine/spinning_mutex.h"
#include "engine/thread_annotations.h"

namespace plated {

template <class T>
class Hold;
template <class T>
class HoldAll;

// On cache lines of its own, so that threads with different values do not meet.
template <class T>
class alignas(64) Guarded {
 public:
  // Makes the value from these.
  template <class... Args>
  explicit Guarded(Args&&... args) : value_(std::forward<Args>(args)...) {}
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;

  // The value, without taking the mutex. Requires that somebody further up holds it for the caller
  // by a Hold or a HoldAll, or that no other thread knows of the value yet, as in recovery.
  [[nodiscard]] T& already_held() PLATED_LOCKING(assert_capability(mutex_)) { return value_; }

 private:
  friend class Hold<T>;
  friend class HoldAll<T>;

  [[nodiscard]] T& value() PLATED_LOCKING(requires_capability(mutex_)) { return value_; }

  SpinningMutex mutex_;
  T value_ PLATED_LOCKING(guarded_by(mutex_));
};

// Takes the mutex of one value and lets it go at its end.
template <class T>
class PLATED_LOCKING(scoped_lockable) Hold {
 public:
  explicit Hold(Guarded<T>& of) PLATED_LOCKING(acquire_capability(of.mutex_)) : of_(of) {
    of.mutex_.lock();
    value_ = &of.value();
  }
  ~Hold() PLATED_LOCKING(release_capability()) { of_.mutex_.unlock(); }
  Hold(const Hold&) = delete;
  Hold& operator=(const Hold&) = delete;

  [[nodiscard]] T& operator*() const { return *value_; }
  [[nodiscard]] T* operator->() const { return value_; }

 private:
  Guarded<T>& of_;
  T* value_;
};

// Takes the mutexes of all values in their order and lets them go in the opposite one. The analysis
// does not know of lists of mutexes, so here the loops have to be read.
template <class T>
class HoldAll {
 public:
  using All = std::vector<std::unique_ptr<Guarded<T>>>;

  explicit HoldAll(const All& all) PLATED_LOCKING(no_thread_safety_analysis) : all_(all) {
    for (const auto& guarded : all_) {
      guarded->mutex_.lock();
    }
  }
  ~HoldAll() PLATED_LOCKING(no_thread_safety_analysis) {
    for (auto guarded = all_.rbegin(); guarded != all_.rend(); ++guarded) {
      (*guarded)->mutex_.unlock();
    }
  }
  HoldAll(const HoldAll&) = delete;
  HoldAll& operator=(const HoldAll&) = delete;

 private:
  const All& all_;
};

}  // namespace plated
