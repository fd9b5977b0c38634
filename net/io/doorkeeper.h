// Waits at a listening socket and lets in whoever stands there: the one such loop of every door of
// the server. When the system has no descriptor or memory left for one more connection, it waits a
// while before it asks again; asking at once would cost a core and change nothing.
//
// Belongs to the acceptor's executor, on which everything here is called and calls. The acceptor
// outlives it.
#pragma once

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/error_code.hpp>
#include <chrono>
#include <functional>
#include <utility>

namespace plated {

// How long nobody is let in when the system has nothing left for one more.
inline constexpr std::chrono::milliseconds kDoorPause{100};
// At most so many at once, then those who are inside already have their turn.
inline constexpr int kLetInAtOnce = 64;

template <class Acceptor>
class Doorkeeper {
 public:
  using error_code = boost::system::error_code;

  // `let_in` accepts one connection without waiting; would_block says that nobody is there, or that
  // those inside have their turn first.
  // `complain` hears why nobody can be let in, and may be empty.
  Doorkeeper(Acceptor& acceptor, std::function<error_code()> let_in,
             std::function<void(const error_code&)> complain = {})
      : acceptor_(acceptor),
        pause_(acceptor.get_executor()),
        let_in_(std::move(let_in)),
        complain_(std::move(complain)) {}
  Doorkeeper(const Doorkeeper&) = delete;
  Doorkeeper& operator=(const Doorkeeper&) = delete;

  // Stands at the door until the acceptor is closed or released; nothing if it does already.
  void stand() {
    if (std::exchange(standing_, true)) {
      return;
    }
    acceptor_.async_wait(Acceptor::wait_read, [this](error_code error) {
      standing_ = false;
      if (!acceptor_.is_open()) {
        return;
      }
      // An acceptor that was closed and opened again meanwhile is waited at anew.
      error ? stand() : let_in_those_who_wait();
    });
  }
  // A pause ends with the acceptor, too. Comes after it was closed.
  void leave() { pause_.cancel(); }

 private:
  void let_in_those_who_wait() {
    error_code error;
    for (int i = 0; i < kLetInAtOnce && !error; ++i) {
      error = let_in_();
    }
    if (!error || error == boost::asio::error::would_block ||
        error == boost::asio::error::connection_aborted) {
      stand();
      return;
    }
    if (complain_) {
      complain_(error);
    }
    standing_ = true;
    pause_.expires_after(kDoorPause);
    pause_.async_wait([this](error_code) {
      standing_ = false;
      if (acceptor_.is_open()) {
        stand();
      }
    });
  }

  Acceptor& acceptor_;
  boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                    boost::asio::wait_traits<std::chrono::steady_clock>,
                                    typename Acceptor::executor_type>
      pause_;
  const std::function<error_code()> let_in_;
  const std::function<void(const error_code&)> complain_;
  bool standing_ = false;
};

}  // namespace plated
