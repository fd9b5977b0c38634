// Tells the sockets of one event loop when there is something to read or room to write: an epoll
// set of our own inside Asio's, edge-triggered, one system call for all that are ready. Asio's own
// sockets try each read before they wait for it: a wasted call for every request of a peer who
// waits for his answer.
//
// One look at the set and everything that comes of it is a turn. Belongs to the thread of its loop.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace plated {

class Poller {
 public:
  using Executor = boost::asio::io_context::executor_type;

  class Watched {
   public:
    Watched(const Watched&) = delete;
    Watched& operator=(const Watched&) = delete;
    // `events` are those of epoll_wait(2); none when `soon` has asked for it.
    virtual void on_turn(uint32_t events) = 0;

   protected:
    Watched() = default;
    ~Watched() = default;
  };

  // `after_turn` may be empty. Throws std::system_error when the system has no descriptor left.
  explicit Poller(boost::asio::io_context& context, std::function<void()> after_turn = {});
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;
  ~Poller() = default;

  // Watches a descriptor until `forget`, which comes before the end of `watched`; the descriptor
  // leaves the set when it is closed. While nothing is watched the loop has no work of this poller.
  [[nodiscard]] boost::system::error_code watch(int descriptor, Watched& watched);
  // Nothing is told to `watched` any more, not even what was asked of `soon`.
  void forget(Watched& watched);
  // Calls on_turn(0) in the next turn, which comes before the loop waits again.
  void soon(Watched& watched);
  // Has the present turn end, or another one come to its end, before the loop waits again.
  void end_soon();

  [[nodiscard]] Executor get_executor() { return set_.get_executor(); }

 private:
  struct Told {
    Watched* watched;  // null: forgotten since
    uint32_t events;
  };

  void wait();
  void post();
  void turn();
  void look();

  boost::asio::posix::basic_stream_descriptor<Executor> set_;
  const std::function<void()> after_turn_;
  std::size_t watched_ = 0;
  std::vector<Told> turn_;  // what this turn tells
  std::vector<Told> next_;  // what `soon` has asked for since it began
  bool waiting_ = false;
  bool posted_ = false;
  bool in_turn_ = false;
};

}  // namespace plated
