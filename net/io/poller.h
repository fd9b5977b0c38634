// Tells the sockets of one event loop when there is something to read or room to write: an epoll
// set of our own inside Asio's, edge-triggered. Asio's own sockets try each read before they wait
// for it: a wasted call for every request of a peer who waits for an answer.
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

  class Watchable {
   public:
    Watchable(const Watchable&) = delete;
    Watchable& operator=(const Watchable&) = delete;
    // `events` are those of epoll_wait(2); none when `soon` has asked for it.
    virtual void on_turn(uint32_t events) = 0;

   protected:
    Watchable() = default;
    virtual ~Watchable() = default;

   private:
    friend class Poller;
    uint32_t listed_ = 0;  // how often it stands in what is to be told
  };

  // `after_turn` may be empty. Throws std::system_error when the system has no descriptor left.
  explicit Poller(boost::asio::io_context& context, std::function<void()> after_turn = {});
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;
  ~Poller() = default;

  // Tells `watchable` of a descriptor's events from now on. While nothing is watched the loop has
  // no work of this poller.
  [[nodiscard]] boost::system::error_code watch(int descriptor, Watchable& watchable);
  // No events of it any more. Comes before the descriptor is closed: another process that has a
  // copy of it for a moment would keep it in the set.
  void unwatch(int descriptor);
  // Nothing is told to `watchable` any more, neither events that were found nor what `soon` was
  // asked for. Comes before its end.
  void forget(Watchable& watchable);
  // Calls on_turn(0) in a turn to come, before the loop waits again.
  void soon(Watchable& watchable);
  // Has `after_turn` called before the loop waits again.
  void end_soon();

  [[nodiscard]] Executor get_executor() { return set_.get_executor(); }

  // The most that one turn tells, so that the loop's other work has its turn, and the log the
  // records.
  static constexpr std::size_t kTurnMax = 128;

 private:
  struct Told {
    Watchable* watchable;  // null: forgotten since
    uint32_t events;
  };

  void wait();
  void post();
  void turn();
  void look();

  boost::asio::posix::basic_stream_descriptor<Executor> set_;
  const std::function<void()> after_turn_;
  std::size_t watched_ = 0;  // descriptors
  std::vector<Told> turn_;   // what this turn tells
  std::vector<Told> next_;   // what `soon` has asked for since, in this order
  bool waiting_ = false;
  bool posted_ = false;
  bool in_turn_ = false;
};

}  // namespace plated
