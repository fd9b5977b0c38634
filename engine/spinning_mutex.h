// An adaptive mutex: a thread that finds it taken spins for a while before it sleeps, because it is
// held for well under a microsecond, and being woken costs several. It is the system's own
// (PTHREAD_MUTEX_ADAPTIVE_NP of the GNU C library): how long it spins follows from how long that
// took before. Meets the requirements of BasicLockable; guarded.h is the only caller.
#pragma once

#include <pthread.h>

#include "engine/check.h"
#include "engine/thread_annotations.h"

namespace plated {

class PLATED_LOCKING(capability("mutex")) SpinningMutex {
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

  // Blocks until the mutex is free. Requires that the thread does not have it.
  void lock() PLATED_LOCKING(acquire_capability()) {
    check(pthread_mutex_lock(&mutex_) == 0, "a mutex is taken");
  }
  // Requires that the thread has it.
  void unlock() PLATED_LOCKING(release_capability()) {
    check(pthread_mutex_unlock(&mutex_) == 0, "a mutex that was taken is let go");
  }

 private:
  pthread_mutex_t mutex_;
};

}  // namespace plated
