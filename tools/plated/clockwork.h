// What a running server does by itself, on one thread: runs timers every 10 ms and tells whoever
// watches, records the time while countdowns run, notices clock jumps, commits coming secrets, and
// takes a checkpoint every so often on another.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "engine/engine.h"
#include "tools/plated/storage.h"

namespace plated {

class Clockwork {
 public:
  struct Outside {
    std::function<void(const Changes&)> publish;
    // Every second, for whoever keeps statistics.
    std::function<void()> every_second;
    std::function<void(const std::string&)> say;
    Millis checkpoint_interval{600'000};
  };

  Clockwork(Storage& storage, Outside outside);
  // As stop().
  ~Clockwork();
  Clockwork(const Clockwork&) = delete;
  Clockwork& operator=(const Clockwork&) = delete;

  void stop();

 private:
  void run_timers();
  void run_checkpoints();
  void beat();
  void keep_clock();
  // False once stop() was called.
  bool wait(Millis span);

  Storage& storage_;
  const Outside outside_;
  std::mutex mutex_;
  std::condition_variable stopped_;
  bool stopping_ = false;
  Changes changes_;
  bool told_jump_ = false;
  bool told_clock_ = false;
  std::thread timers_;
  std::thread checkpoints_;
};

}  // namespace plated
