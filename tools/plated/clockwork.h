// What a running server does by itself: every 10 ms it runs timers and tells whoever watches,
// records the time while countdowns run, notices clock jumps; every second it commits coming
// secrets; every so often it takes a checkpoint.
//
// A round of each is a function; `start` gives them threads that call them again and again, and
// whoever has none calls them.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "engine/engine.h"
#include "tools/plated/storage.h"

namespace plated {

class Clockwork {
 public:
  struct Outside {
    std::function<void(const Changes&)> publish;
    // Every second, for whoever has something to do then.
    std::function<void()> every_second;
    Say say;
    Millis checkpoint_interval{600'000};
  };

  // Requires a storage that outlives it and has been opened.
  Clockwork(Storage& storage, Outside outside);
  // As stop().
  ~Clockwork();
  Clockwork(const Clockwork&) = delete;
  Clockwork& operator=(const Clockwork&) = delete;

  // One look at the clocks: everything that is due by now is done.
  void beat();
  // A checkpoint, unless nothing has happened since the last.
  void checkpoint_if_newer();

  // Threads that call them until stop().
  void start();
  void stop();

 private:
  void heed_jumps();
  void keep_clock();
  void watch_room(Millis now);
  void run_timers();
  // False once stop() was called.
  bool wait(Millis span);

  Storage& storage_;
  const Outside outside_;
  std::mutex mutex_;  // not Guarded: `stopped_` waits with it
  std::condition_variable stopped_;
  bool stopping_ = false;
  Changes changes_;
  bool told_jump_ = false;
  bool told_clock_ = false;
  std::optional<Millis> told_room_;    // when it was last said that the disk is full
  std::optional<Millis> next_second_;  // by the monotonic clock; none before the first beat
  std::thread timers_;
  std::thread checkpoints_;
};

}  // namespace plated
