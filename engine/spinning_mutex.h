// A mutex for what is held for well under a microsecond by threads that meet often: who finds it
// taken looks again for a while before he asks the system to be woken, which costs both sides
// several microseconds. The system's own, of the kind that adapts how long it looks to how long
// that took before (PTHREAD_MUTEX_ADAPTIVE_NP of the GNU C library). Meets the requirements of
// BasicLockable.
#pragma once

#include <pthread.h>

#include "engine/check.h"

namespace plated {

class SpinningMutex {
 public:
  SpinningMutex() {
    pthread_mutexattr_t kind;
    check(pthread_mutexattr_init(&kind) == 0 &&
              pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_ADAPTIVE_NP) == 0 &&
              pthread_mutex_init(&mutex_, &kind) == 0,
          "a mutex is made");
    pthread_mutexattr_destroy(&kind);
  }
  ~SpinningMutex() { pthread_mutex_destroy(&mutex_); }
  SpinningMutex(const SpinningMutex&) = delete;
  SpinningMutex& operator=(const SpinningMutex&) = delete;

  void lock() { check(pthread_mutex_lock(&mutex_) == 0, "a mutex is taken"); }
  void unlock() { pthread_mutex_unlock(&mutex_); }

 private:
  pthread_mutex_t mutex_;
};

}  // namespace plated
