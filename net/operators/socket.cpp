#include "net/operators/socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <cerrno>
#include <chrono>
#include <mutex>
#include <optional>
#include <set>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "net/io/doorkeeper.h"

namespace plated {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

using Protocol = asio::local::stream_protocol;
using Strand = asio::strand<asio::io_context::executor_type>;
using Stream = beast::basic_stream<Protocol, Strand>;
using Acceptor = asio::basic_socket_acceptor<Protocol, Strand>;

constexpr std::chrono::seconds kIdle{60};  // for the first byte of a request, and each part of it
constexpr std::chrono::seconds kSend{60};  // for each write
constexpr std::chrono::seconds kLook{2};   // how often the file is looked after
constexpr std::size_t kPathMax = 107;      // sun_path, with its closing zero, holds 108 bytes
constexpr mode_t kMode = S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP;

std::string fault(const std::string& what, int error) {
  return what + ": " + std::generic_category().message(error);
}

std::optional<Actor> actor_of(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
    return std::nullopt;
  }
  return Actor{peer.uid};
}

}  // namespace

// One listening socket with its threads and connections.
struct AdminSocket::Server : std::enable_shared_from_this<AdminSocket::Server> {
  class Connection;

  explicit Server(AdminRoutes& r) : routes(r) {}

  std::string make_room(const std::string& at);
  std::string listen(const std::string& at);
  [[nodiscard]] boost::system::error_code let_in();
  void look_after_file();
  void make_file_again();
  void run();
  void stop();

  AdminRoutes& routes;
  asio::io_context context{static_cast<int>(kAdminThreads)};
  Acceptor acceptor{asio::make_strand(context)};
  Doorkeeper<Acceptor> doorkeeper{acceptor, [this] { return let_in(); }};
  asio::steady_timer look{acceptor.get_executor()};
  std::string path;
  struct stat file {};
  std::atomic<bool> stopping{false};
  std::mutex mutex;
  std::set<std::shared_ptr<Connection>> connections;
  std::vector<std::thread> threads;
};

// One operator's connection: a request, its answer, the next. On its own strand; answering blocks
// one thread of the server.
class AdminSocket::Server::Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(std::shared_ptr<Server> server, Protocol::socket socket, Actor actor)
      : server_(std::move(server)),
        stream_(
            Stream::socket_type(asio::make_strand(server_->context), Protocol(), socket.release())),
        actor_(actor) {}

  void start() {
    asio::post(stream_.get_executor(), [self = shared_from_this()] { self->read_header(); });
  }
  // Ends a connection that waits for a request; one that is answering ends after its answer.
  void stop() {
    asio::post(stream_.get_executor(), [self = shared_from_this()] {
      if (!self->answering_) {
        self->close();
      }
    });
  }

 private:
  void read_header() {
    parser_.emplace();
    parser_->header_limit(kAdminHeaderMax);
    parser_->body_limit(kAdminBodyMax);
    stream_.expires_after(kIdle);
    http::async_read_header(stream_, buffer_, *parser_,
                            [self = shared_from_this()](beast::error_code error, std::size_t) {
                              self->header_read(error);
                            });
  }

  void header_read(beast::error_code error) {
    if (error) {
      refuse_unread(error);
      return;
    }
    answering_ = true;
    if (beast::iequals(parser_->get()[http::field::expect], "100-continue")) {
      say_continue();
    } else {
      read_body();
    }
  }

  // curl waits for this before it sends a large body.
  void say_continue() {
    continue_.version(11);
    continue_.result(http::status::continue_);
    stream_.expires_after(kSend);
    http::async_write(stream_, continue_,
                      [self = shared_from_this()](beast::error_code error, std::size_t) {
                        error ? self->close() : self->read_body();
                      });
  }

  void read_body() {
    if (parser_->is_done()) {
      answer();
      return;
    }
    stream_.expires_after(kIdle);
    http::async_read_some(stream_, buffer_, *parser_,
                          [self = shared_from_this()](beast::error_code error, std::size_t) {
                            error ? self->refuse_unread(error) : self->read_body();
                          });
  }

  // What could not be read as a request is answered when there is somebody to tell, and ends the
  // connection: nobody knows where the next request would begin.
  void refuse_unread(beast::error_code error) {
    if (error == http::error::body_limit) {
      send(refuse_request(413, "bad_request", "the body is larger than 64 MiB; send it in parts"),
           false);
    } else if (error == http::error::header_limit) {
      send(refuse_request(431, "bad_request", "the header is larger than 16 KiB"), false);
    } else if (error.category() == http::make_error_code(http::error::bad_method).category() &&
               error != http::error::end_of_stream && error != http::error::partial_message) {
      send(refuse_request(400, "bad_request", "this is no HTTP/1.1: " + error.message()), false);
    } else {
      close();
    }
  }

  void answer() {
    stream_.expires_never();
    http::request<http::string_body> message = parser_->release();
    const bool keep_alive = message.keep_alive();
    const OperatorRequest request{std::string(message.method_string()),
                                  std::string(message.target()), std::move(message.body()), actor_};
    send(server_->routes.answer(request), keep_alive && !server_->stopping);
  }

  void send(OperatorAnswer answer, bool keep_alive) {
    more_ = std::move(answer.more);
    keep_alive_ = keep_alive;
    response_ = {};
    response_.version(11);
    response_.result(answer.status);
    response_.set(http::field::content_type, answer.content_type);
    response_.keep_alive(keep_alive);
    response_.body() = std::move(answer.body);
    if (more_) {
      send_parts();
      return;
    }
    response_.prepare_payload();
    stream_.expires_after(kSend);
    http::async_write(
        stream_, response_,
        [self = shared_from_this()](beast::error_code error, std::size_t) { self->sent(error); });
  }

  // A long answer goes out in chunks, one in memory at a time.
  void send_parts() {
    part_ = std::exchange(response_.body(), {});
    response_.chunked(true);
    head_.emplace(response_);
    stream_.expires_after(kSend);
    http::async_write_header(stream_, *head_,
                             [self = shared_from_this()](beast::error_code error, std::size_t) {
                               error ? self->close() : self->send_part();
                             });
  }

  void send_part() {
    stream_.expires_after(kSend);
    if (part_.empty()) {
      asio::async_write(
          stream_, http::make_chunk_last(),
          [self = shared_from_this()](beast::error_code error, std::size_t) { self->sent(error); });
      return;
    }
    asio::async_write(stream_, http::make_chunk(asio::buffer(part_)),
                      [self = shared_from_this()](beast::error_code error, std::size_t) {
                        error ? self->close() : self->next_part();
                      });
  }

  void next_part() {
    stream_.expires_never();
    part_.clear();
    if (!more_(part_)) {
      part_.clear();
    }
    send_part();
  }

  void sent(beast::error_code error) {
    answering_ = false;
    more_ = nullptr;
    if (error || !keep_alive_ || server_->stopping) {
      close();
    } else {
      read_header();
    }
  }

  void close() {
    beast::error_code ignored;  // the peer may be gone already
    stream_.socket().shutdown(Protocol::socket::shutdown_both, ignored);
    stream_.close();
    const std::lock_guard lock(server_->mutex);
    server_->connections.erase(shared_from_this());
  }

  const std::shared_ptr<Server> server_;
  Stream stream_;
  const Actor actor_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  http::response<http::empty_body> continue_;
  http::response<http::string_body> response_;
  std::optional<http::response_serializer<http::string_body>> head_;
  std::function<bool(std::string&)> more_;
  std::string part_;
  bool answering_ = false;
  bool keep_alive_ = false;
};

// Removes a socket file on which nobody answers.
std::string AdminSocket::Server::make_room(const std::string& at) {
  struct stat there {};
  if (::lstat(at.c_str(), &there) != 0) {
    return errno == ENOENT ? "" : fault(at, errno);
  }
  if (!S_ISSOCK(there.st_mode)) {
    return at + ": there is a file that is no socket";
  }
  Protocol::socket probe(context);
  boost::system::error_code error;
  probe.connect(Protocol::endpoint(at), error);
  if (!error) {
    return at + ": another server answers here";
  }
  if (error != boost::system::errc::connection_refused) {
    return at + ": " + error.message();
  }
  return ::unlink(at.c_str()) == 0 ? "" : fault(at, errno);
}

std::string AdminSocket::Server::listen(const std::string& at) {
  if (at.empty() || at.size() > kPathMax) {
    return "the path of the operators' socket must be 1 to 107 bytes long";
  }
  if (std::string wrong = make_room(at); !wrong.empty()) {
    return wrong;
  }
  boost::system::error_code error;
  acceptor.open(Protocol(), error);
  if (error) {
    return at + ": " + error.message();
  }
  // Before bind, so that there is no moment in which the file is open to more than it should be.
  if (::fchmod(acceptor.native_handle(), kMode) != 0) {
    return fault(at, errno);
  }
  acceptor.bind(Protocol::endpoint(at), error);
  if (error) {
    return at + ": " + error.message();
  }
  path = at;
  // And after it, because the umask may have taken the group's part.
  if (::chmod(at.c_str(), kMode) != 0 || ::stat(at.c_str(), &file) != 0) {
    return fault(at, errno);
  }
  acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (!error) {
    acceptor.non_blocking(true, error);
  }
  return error ? at + ": " + error.message() : "";
}

boost::system::error_code AdminSocket::Server::let_in() {
  boost::system::error_code error;
  Protocol::socket socket(context);
  acceptor.accept(socket, error);
  const auto actor = error ? std::nullopt : actor_of(socket.native_handle());
  if (actor) {
    const std::lock_guard lock(mutex);
    if (!stopping && connections.size() < kAdminConnectionsMax) {
      const auto connection =
          std::make_shared<Connection>(shared_from_this(), std::move(socket), *actor);
      connections.insert(connection);
      connection->start();
    }
  }
  return error;
}

void AdminSocket::Server::look_after_file() {
  look.expires_after(kLook);
  look.async_wait([self = shared_from_this()](boost::system::error_code error) {
    if (!error && !self->stopping) {
      self->make_file_again();
      self->look_after_file();
    }
  });
}

// Whoever tidies temporary files deletes sockets, too, and then no operator reaches the server any
// more. What stands there of somebody else's is left alone.
void AdminSocket::Server::make_file_again() {
  struct stat there {};
  if (::lstat(path.c_str(), &there) == 0 || errno != ENOENT) {
    return;
  }
  boost::system::error_code ignored;
  acceptor.close(ignored);
  const std::string at = path;
  if (listen(at).empty()) {
    doorkeeper.stand();
  } else {
    acceptor.close(ignored);  // its directory is gone, too; the next look tries again
  }
}

void AdminSocket::Server::run() {
  asio::post(acceptor.get_executor(), [self = shared_from_this()] {
    self->doorkeeper.stand();
    self->look_after_file();
  });
  for (std::size_t i = 0; i < kAdminThreads; ++i) {
    threads.emplace_back([this] { context.run(); });
  }
}

void AdminSocket::Server::stop() {
  if (threads.empty()) {
    return;  // it never ran, or has stopped: nobody would run what is posted, which keeps the
             // server alive
  }
  asio::post(acceptor.get_executor(), [self = shared_from_this()] {
    boost::system::error_code ignored;  // it may never have been opened
    self->acceptor.close(ignored);
    self->doorkeeper.leave();
    self->look.cancel();
  });
  {
    const std::lock_guard lock(mutex);
    stopping = true;
    for (const auto& connection : connections) {
      connection->stop();
    }
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  threads.clear();
  // Only what is still ours: another server may have taken the path.
  struct stat there {};
  if (!path.empty() && ::stat(path.c_str(), &there) == 0 && there.st_ino == file.st_ino &&
      there.st_dev == file.st_dev) {
    ::unlink(path.c_str());
  }
  path.clear();
}

AdminSocket::AdminSocket(AdminRoutes& routes) : server_(std::make_shared<Server>(routes)) {}

AdminSocket::~AdminSocket() { stop(); }

std::string AdminSocket::start(const std::string& path) {
  std::string wrong = server_->listen(path);
  if (wrong.empty()) {
    server_->run();
  }
  return wrong;
}

void AdminSocket::stop() { server_->stop(); }

}  // namespace plated
