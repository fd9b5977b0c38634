#include "tools/plateload/wire/poller.h"

#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>

#include "engine/check.h"

namespace plated::load {
namespace {

constexpr std::size_t kEventsMax = 512;  // told of by one wait

}  // namespace

int64_t now_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * kNsPerS + now.tv_nsec;
}

Poller::Poller() : fd_(epoll_create1(EPOLL_CLOEXEC)), events_(kEventsMax) {
  check(fd_ >= 0, "the kernel has an epoll for each thread");
  // Otherwise the kernel may wake this thread 50 us late.
  prctl(PR_SET_TIMERSLACK, kNsPerUs);
}

Poller::~Poller() { ::close(fd_); }

bool Poller::add(int fd, uint64_t token) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.u64 = token;
  return epoll_ctl(fd_, EPOLL_CTL_ADD, fd, &event) == 0;
}

std::span<const epoll_event> Poller::wait(int64_t until_ns) {
  const int64_t left = std::clamp<int64_t>(until_ns - now_ns(), 0, kNsPerS);
  const timespec timeout{left / kNsPerS, left % kNsPerS};
  const int found =
      epoll_pwait2(fd_, events_.data(), static_cast<int>(events_.size()), &timeout, nullptr);
  return std::span(events_).first(static_cast<std::size_t>(std::max(found, 0)));
}

}  // namespace plated::load
