#include "net/starting_door.h"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/stream_base.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <chrono>
#include <future>
#include <thread>
#include <type_traits>
#include <utility>

#include "engine/check.h"
#include "net/listener.h"
#include "net/net_thread.h"

namespace plated {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

namespace {

constexpr std::chrono::seconds kPatience{5};
// How long to wait when the system has no descriptor or memory left for one more connection.
constexpr std::chrono::milliseconds kPause{100};
constexpr std::size_t kHeaderMax = 8 * 1024;
constexpr std::size_t kVisitorsMax = 1000;

using Reason = std::function<std::string()>;
using Deadline = asio::basic_waitable_timer<std::chrono::steady_clock,
                                            asio::wait_traits<std::chrono::steady_clock>,
                                            asio::io_context::executor_type>;

http::response<http::string_body> response_of(const HttpReply& reply, bool head) {
  http::response<http::string_body> response;
  response.result(reply.status);
  response.set(http::field::content_type,
               boost::beast::string_view(reply.content_type.data(), reply.content_type.size()));
  for (const auto& [name, value] : reply.fields) {
    response.set(boost::beast::string_view(name.data(), name.size()), value);
  }
  response.keep_alive(false);
  response.content_length(reply.body.size());
  if (!head) {
    response.body() = reply.body;
  }
  return response;
}

// One request and its answer; it lives as long as something is asked of its socket.
template <class Socket>
class Visitor : public std::enable_shared_from_this<Visitor<Socket>> {
 public:
  Visitor(Socket socket, const Reason& reason, std::size_t& visitors)
      : socket_(std::move(socket)),
        timer_(socket_.get_executor()),
        reason_(reason),
        visitors_(visitors) {
    ++visitors_;
  }
  Visitor(const Visitor&) = delete;
  Visitor& operator=(const Visitor&) = delete;
  ~Visitor() { --visitors_; }

  void receive() {
    timer_.expires_after(kPatience);
    timer_.async_wait([self = this->shared_from_this()](error_code error) {
      if (!error) self->leave();
    });
    if constexpr (std::is_same_v<Socket, TcpSocket>) {
      read();
    } else {
      socket_.async_handshake(asio::ssl::stream_base::server,
                              [self = this->shared_from_this()](error_code error) {
                                error ? self->leave() : self->read();
                              });
    }
  }

 private:
  void read() {
    parser_.header_limit(kHeaderMax);
    http::async_read_header(socket_, buffer_, parser_,
                            [self = this->shared_from_this()](error_code error, std::size_t) {
                              error ? self->leave() : self->answer();
                            });
  }

  void answer() {
    const auto& request = parser_.get();
    const HttpReply reply =
        starting_reply({request.target().data(), request.target().size()}, reason_());
    response_ = response_of(reply, request.method() == http::verb::head);
    http::async_write(
        socket_, response_,
        [self = this->shared_from_this()](error_code, std::size_t) { self->leave(); });
  }

  void leave() {
    error_code ignored;
    timer_.cancel();
    auto& tcp = boost::beast::get_lowest_layer(socket_);
    tcp.shutdown(asio::socket_base::shutdown_send, ignored);
    tcp.close(ignored);
  }

  Socket socket_;
  Deadline timer_;
  const Reason& reason_;
  std::size_t& visitors_;
  boost::beast::flat_buffer buffer_;
  http::request_parser<http::empty_body> parser_;
  http::response<http::string_body> response_;
};

}  // namespace

HttpReply starting_reply(std::string_view target, const std::string& reason) {
  HttpReply reply;
  const std::string_view path = target.substr(0, target.find('?'));
  if (path == "/healthz") {
    reply.body = "ok\n";
    return reply;
  }
  reply.status = 503;
  reply.set_body(reason + "\n");
  reply.fields.emplace_back("Retry-After", "1");
  reply.fields.emplace_back("Cache-Control", "no-store");
  return reply;
}

// What runs on the door's thread.
class StartingDoor::Hall {
 public:
  Hall(Reason reason, asio::ssl::context* tls)
      : reason_(std::move(reason)), tls_(tls), acceptor_(context_), pause_(context_) {}
  Hall(const Hall&) = delete;
  Hall& operator=(const Hall&) = delete;
  ~Hall() { stop(); }

  error_code open(const std::string& address, uint16_t port) {
    if (const error_code error = open_acceptor(acceptor_, address, port, true)) return error;
    accept();
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
  void accept() {
    acceptor_.async_accept(context_, [this](error_code error, TcpSocket socket) {
      if (!error && visitors_ < kVisitorsMax) {
        if (tls_ == nullptr) {
          std::make_shared<Visitor<TcpSocket>>(std::move(socket), reason_, visitors_)->receive();
        } else {
          std::make_shared<Visitor<TlsSocket>>(TlsSocket(std::move(socket), *tls_), reason_,
                                               visitors_)
              ->receive();
        }
      }
      // Whoever came in before the socket was handed over is answered here all the same.
      if (!acceptor_.is_open()) return;
      if (!error || error == asio::error::connection_aborted) {
        accept();
        return;
      }
      pause_.expires_after(kPause);
      pause_.async_wait([this](error_code) {
        if (acceptor_.is_open()) accept();
      });
    });
  }

  void stop() {
    context_.stop();
    if (thread_.joinable()) thread_.join();
  }

  const Reason reason_;
  asio::ssl::context* const tls_;
  std::size_t visitors_ = 0;  // before the context, whose end lets the last visitors go
  asio::io_context context_{1};
  Acceptor acceptor_;
  Deadline pause_;
  bool handed_over_ = false;
  std::thread thread_;
};

StartingDoor::StartingDoor(std::function<std::string()> reason, asio::ssl::context* tls)
    : hall_(std::make_unique<Hall>(std::move(reason), tls)) {}

StartingDoor::~StartingDoor() = default;

error_code StartingDoor::open(const std::string& address, uint16_t port) {
  return hall_->open(address, port);
}

uint16_t StartingDoor::port() const { return hall_->port(); }

int StartingDoor::hand_over() { return hall_->hand_over(); }

}  // namespace plated
