#include "net/server/plain_door.h"

#include <unistd.h>

#include <algorithm>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <chrono>
#include <future>
#include <list>
#include <thread>
#include <utility>

#include "engine/check.h"
#include "net/io/doorkeeper.h"
#include "net/io/socket.h"
#include "net/protocol/upgrade.h"
#include "net/server/answer_head.h"
#include "net/server/listener.h"

namespace plated {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

namespace {

constexpr std::chrono::seconds kPatience{5};
constexpr std::size_t kVisitorHeaderMax = 8 * 1024;

using Answer = PlainDoor::Answer;
using Deadline = asio::basic_waitable_timer<std::chrono::steady_clock,
                                            asio::wait_traits<std::chrono::steady_clock>,
                                            asio::io_context::executor_type>;

http::response<http::string_body> response_of(const HttpReply& reply, const AnswerFields& fields,
                                              bool head) {
  http::response<http::string_body> response;
  put_head(reply, fields, std::chrono::floor<Millis>(std::chrono::system_clock::now()), response);
  response.keep_alive(false);
  if (!head) {
    response.body() = reply.body;
  }
  return response;
}

// One request and its answer. It says when it has left, and must not end before that call returns.
class Visitor {
 public:
  Visitor(Poller& poller, int descriptor, SSL_CTX* tls, const Answer& answer,
          const AnswerFields& fields)
      : socket_(poller, descriptor, tls),
        timer_(poller.get_executor()),
        answer_(answer),
        fields_(fields) {}

  void receive(std::function<void()> left) {
    left_ = std::move(left);
    timer_.expires_after(kPatience);
    timer_.async_wait([this](error_code error) {
      if (!error) {
        leave();
      }
    });
    parser_.header_limit(kVisitorHeaderMax);
    http::async_read_header(socket_, buffer_, parser_,
                            [this](error_code error, std::size_t) { error ? leave() : answer(); });
  }
  // They have not asked for anything yet.
  [[nodiscard]] bool is_silent() const { return !gone_ && !asked_; }

  void leave() {
    if (std::exchange(gone_, true)) {
      return;
    }
    error_code ignored;
    timer_.cancel();
    socket_.shutdown_send(ignored);
    socket_.close();
    left_();
  }

 private:
  void answer() {
    if (gone_) {
      return;
    }
    asked_ = true;
    const auto& request = parser_.get();
    const HttpReply reply =
        answer_({request.method_string().data(), request.method_string().size()},
                origin_form({request.target().data(), request.target().size()}));
    response_ = response_of(reply, fields_, request.method() == http::verb::head);
    http::async_write(socket_, response_, [this](error_code, std::size_t) { leave(); });
  }

  Socket socket_;
  Deadline timer_;
  const Answer& answer_;
  const AnswerFields& fields_;
  std::function<void()> left_;
  bool asked_ = false;
  bool gone_ = false;
  boost::beast::flat_buffer buffer_;
  http::request_parser<http::empty_body> parser_;
  http::response<http::string_body> response_;
};

}  // namespace

// What runs on the door's thread.
class PlainDoor::Hall {
 public:
  Hall(Answer answer, AnswerFields fields, asio::ssl::context* tls, std::size_t visitors_max)
      : answer_(std::move(answer)),
        fields_(std::move(fields)),
        tls_(tls),
        visitors_max_(visitors_max),
        acceptor_(context_),
        doorkeeper_(acceptor_, [this] { return let_in(); }) {}
  Hall(const Hall&) = delete;
  Hall& operator=(const Hall&) = delete;
  ~Hall() { stop(); }

  error_code open(const std::string& address, uint16_t port) {
    if (const error_code error = open_acceptor(acceptor_, address, port, true)) {
      return error;
    }
    doorkeeper_.stand();
    thread_ = std::thread([this] { context_.run(); });
    return {};
  }

  [[nodiscard]] uint16_t port() const {
    error_code error;
    return acceptor_.local_endpoint(error).port();
  }

  // Without the acceptor the thread ends by itself when the last visitor has left.
  int hand_over() {
    check(thread_.joinable() && !std::exchange(handed_over_, true),
          "a door is handed over once, after it was opened");
    std::packaged_task<int()> release([this] {
      error_code error;
      const int socket = acceptor_.release(error);
      return error ? -1 : socket;
    });
    std::future<int> released = release.get_future();
    asio::post(context_, std::move(release));
    return released.get();
  }

 private:
  error_code let_in() {
    error_code error;
    PeerAddress nobody_asks;
    const int descriptor = accept_now(acceptor_, nobody_asks, error);
    if (error) {
      return error;
    }
    const bool full = inside_ >= visitors_max_;
    if (full && !send_one_away()) {
      ::close(descriptor);
      return {};
    }
    ++inside_;
    visitors_.emplace_front(poller_, descriptor, tls_ == nullptr ? nullptr : tls_->native_handle(),
                            answer_, fields_);
    // What is posted comes after all that has happened to them already.
    visitors_.front().receive([this, visitor = visitors_.begin()] {
      --inside_;
      asio::post(context_, [this, visitor] { visitors_.erase(visitor); });
    });
    // Those inside have their turn before the next of them has to leave.
    return full ? error_code(asio::error::would_block) : error_code();
  }

  // Whoever says nothing may be sent away for somebody new, those who came first before the others:
  // a crowd of them must not keep out who only asks whether the server lives.
  bool send_one_away() {
    const auto silent = std::find_if(visitors_.rbegin(), visitors_.rend(),
                                     [](const Visitor& visitor) { return visitor.is_silent(); });
    if (silent == visitors_.rend()) {
      return false;
    }
    silent->leave();
    return true;
  }

  void stop() {
    context_.stop();
    if (thread_.joinable()) {
      thread_.join();
    }
  }

  const Answer answer_;
  const AnswerFields fields_;
  asio::ssl::context* const tls_;
  const std::size_t visitors_max_;
  asio::io_context context_{1};
  Poller poller_{context_};
  std::list<Visitor> visitors_;  // the newest first; some have left, and end soon
  std::size_t inside_ = 0;       // those who have not
  Acceptor acceptor_;
  Doorkeeper<Acceptor> doorkeeper_;
  bool handed_over_ = false;
  std::thread thread_;
};

PlainDoor::PlainDoor(Answer answer, AnswerFields fields, asio::ssl::context* tls,
                     std::size_t visitors_max)
    : hall_(std::make_unique<Hall>(std::move(answer), std::move(fields), tls, visitors_max)) {}

PlainDoor::~PlainDoor() = default;

error_code PlainDoor::open(const std::string& address, uint16_t port) {
  return hall_->open(address, port);
}

uint16_t PlainDoor::port() const { return hall_->port(); }

int PlainDoor::hand_over() { return hall_->hand_over(); }

}  // namespace plated
