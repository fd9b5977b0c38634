#include "net/poller.h"

#include <sys/epoll.h>

#include <array>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <system_error>
#include <utility>

#include "engine/check.h"

namespace plated {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

// The most that one look finds: then the loop's other work has its turn, and the log the records.
constexpr std::size_t kLookMax = 128;

error_code last_error() { return {errno, boost::system::system_category()}; }

int make_set() {
  const int set = ::epoll_create1(EPOLL_CLOEXEC);
  if (set < 0) throw std::system_error(errno, std::system_category(), "epoll_create1");
  return set;
}

}  // namespace

Poller::Poller(asio::io_context& context, std::function<void()> after_turn)
    : set_(context, make_set()), after_turn_(std::move(after_turn)) {}

error_code Poller::watch(int descriptor, Watched& watched) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.ptr = &watched;
  if (::epoll_ctl(set_.native_handle(), EPOLL_CTL_ADD, descriptor, &event) != 0) {
    return last_error();
  }
  ++watched_;
  wait();
  return {};
}

void Poller::forget(Watched& watched) {
  check(watched_ > 0, "what is forgotten was watched");
  for (auto* const told : {&turn_, &next_}) {
    for (Told& entry : *told) {
      if (entry.watched == &watched) entry.watched = nullptr;
    }
  }
  if (--watched_ == 0) set_.cancel();
}

void Poller::soon(Watched& watched) {
  next_.push_back({&watched, 0});
  end_soon();
}

void Poller::end_soon() {
  if (!in_turn_) post();
}

void Poller::post() {
  if (std::exchange(posted_, true)) return;
  asio::post(get_executor(), [this] {
    posted_ = false;
    turn();
  });
}

void Poller::wait() {
  if (waiting_ || watched_ == 0) return;
  waiting_ = true;
  set_.async_wait(asio::posix::descriptor_base::wait_read, [this](error_code) {
    waiting_ = false;
    turn();
  });
}

void Poller::turn() {
  in_turn_ = true;
  turn_.swap(next_);
  look();
  // By place: whoever is told may have others forgotten.
  for (std::size_t i = 0; i < turn_.size(); ++i) {
    if (turn_[i].watched != nullptr) turn_[i].watched->on_turn(turn_[i].events);
  }
  turn_.clear();
  in_turn_ = false;
  if (after_turn_) after_turn_();
  if (!next_.empty()) post();
  wait();
}

// Adds what the set finds ready to what this turn tells.
void Poller::look() {
  std::array<epoll_event, kLookMax> found;
  const int count = ::epoll_wait(set_.native_handle(), found.data(), kLookMax, 0);
  for (int i = 0; i < count; ++i) {
    turn_.push_back({static_cast<Watched*>(found[i].data.ptr), found[i].events});
  }
}

}  // namespace plated
