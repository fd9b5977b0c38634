#include "net/io/poller.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <cstddef>
#include <system_error>
#include <utility>

#include "engine/check.h"

namespace plated {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

int make_set() {
  const int set = ::epoll_create1(EPOLL_CLOEXEC);
  if (set < 0) {
    throw std::system_error(errno, std::system_category(), "epoll_create1");
  }
  return set;
}

}  // namespace

Poller::Poller(asio::io_context& context, std::function<void()> after_turn)
    : set_(context, make_set()), after_turn_(std::move(after_turn)) {}

error_code Poller::watch(int descriptor, Watchable& watchable) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.ptr = &watchable;
  if (::epoll_ctl(set_.native_handle(), EPOLL_CTL_ADD, descriptor, &event) != 0) {
    return {errno, boost::system::system_category()};
  }
  ++watched_;
  wait();
  return {};
}

void Poller::unwatch(int descriptor) {
  check(::epoll_ctl(set_.native_handle(), EPOLL_CTL_DEL, descriptor, nullptr) == 0,
        "a descriptor is unwatched once, while it is open");
  if (--watched_ == 0) {
    set_.cancel();
  }
}

void Poller::forget(Watchable& watchable) {
  for (auto* const told : {&turn_, &next_}) {
    if (watchable.listed_ == 0) {
      return;
    }
    for (Told& entry : *told) {
      if (entry.watchable != &watchable) {
        continue;
      }
      entry.watchable = nullptr;
      --watchable.listed_;
    }
  }
}

void Poller::soon(Watchable& watchable) {
  ++watchable.listed_;
  next_.push_back({&watchable, 0});
  end_soon();
}

void Poller::end_soon() {
  if (!in_turn_) {
    post();
  }
}

void Poller::post() {
  if (std::exchange(posted_, true)) {
    return;
  }
  asio::post(get_executor(), [this] {
    posted_ = false;
    turn();
  });
}

void Poller::wait() {
  if (waiting_ || watched_ == 0) {
    return;
  }
  waiting_ = true;
  set_.async_wait(asio::posix::descriptor_base::wait_read, [this](error_code) {
    waiting_ = false;
    turn();
  });
}

void Poller::turn() {
  in_turn_ = true;
  const auto first = static_cast<std::ptrdiff_t>(std::min(next_.size(), kTurnMax));
  turn_.assign(next_.begin(), next_.begin() + first);
  next_.erase(next_.begin(), next_.begin() + first);
  look();
  // By place: whoever is told may have others forgotten.
  for (std::size_t i = 0; i < turn_.size(); ++i) {
    const Told told = turn_[i];
    if (told.watchable == nullptr) {
      continue;
    }
    turn_[i].watchable = nullptr;
    --told.watchable->listed_;
    told.watchable->on_turn(told.events);
  }
  turn_.clear();
  in_turn_ = false;
  if (after_turn_) {
    after_turn_();
  }
  if (!next_.empty()) {
    post();
  }
  wait();
}

// Adds what the set finds ready to what this turn tells.
void Poller::look() {
  std::array<epoll_event, kTurnMax> found;
  const std::size_t room = kTurnMax - turn_.size();
  if (room == 0) {
    return;
  }
  const int count = ::epoll_wait(set_.native_handle(), found.data(), static_cast<int>(room), 0);
  for (int i = 0; i < count; ++i) {
    auto* const watchable = static_cast<Watchable*>(found[static_cast<std::size_t>(i)].data.ptr);
    ++watchable->listed_;
    turn_.push_back({watchable, found[static_cast<std::size_t>(i)].events});
  }
}

}  // namespace plated
