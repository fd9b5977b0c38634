// The kernel's word on which sockets can go on, for one thread: epoll, edge-triggered, so that a
// socket is reported once and costs no further system call; and the clock that a load runs on.
#pragma once

#include <sys/epoll.h>

#include <cstdint>
#include <span>
#include <vector>

namespace plated::load {

// Nanoseconds of the monotonic clock.
[[nodiscard]] int64_t now_ns();

inline constexpr int64_t kNever = INT64_MAX;
inline constexpr int64_t kNsPerUs = 1'000;
inline constexpr int64_t kNsPerMs = 1'000'000;
inline constexpr int64_t kNsPerS = 1'000'000'000;

class Poller {
 public:
  Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;
  ~Poller();

  // Tells of `fd` as `token` from now on, until it is closed. False: the kernel will not.
  [[nodiscard]] bool add(int fd, uint64_t token);

  // What is ready, at the latest at `until_ns`. It may come a little late, never early without
  // something ready.
  [[nodiscard]] std::span<const epoll_event> wait(int64_t until_ns);

 private:
  int fd_;
  std::vector<epoll_event> events_;
};

}  // namespace plated::load
