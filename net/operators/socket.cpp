#include "net/operators/socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
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
#include <condition_variable>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "engine/secret_memory.h"
#include "net/io/doorkeeper.h"
#include "net/operators/peer.h"
#include "net/operators/socket_file.h"
#include "net/protocol/http_date.h"

namespace plated {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

using Protocol = asio::local::stream_protocol;
using Strand = asio::strand<asio::io_context::executor_type>;
using Stream = beast::basic_stream<Protocol, Strand>;
using Acceptor = asio::basic_socket_acceptor<Protocol, Strand>;

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kIdle{60};  // for the first byte of a request, and each part of it
// At a stop, for a reader who takes nothing.
constexpr std::chrono::milliseconds kStopPatience{5'000};
constexpr std::chrono::milliseconds kStopLook{10};
constexpr std::chrono::seconds kLook{2};  // how often the file is looked after
constexpr std::size_t kPathMax = 107;     // sun_path, with its closing zero, holds 108 bytes
constexpr mode_t kMode = S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP;
constexpr mode_t kModeAtFirst = S_IRUSR | S_IWUSR;
constexpr auto kSameOwner = static_cast<uid_t>(-1);

}  // namespace

// One listening socket with its threads and connections.
struct AdminSocket::Server : std::enable_shared_from_this<AdminSocket::Server> {
  class Connection;

  Server(AdminRoutes& r, std::chrono::milliseconds patience) : routes(r), slow_after(patience) {}

  std::string listen(const std::string& at);
  [[nodiscard]] boost::system::error_code let_in();
  bool close_slowest(std::chrono::milliseconds after);
  void look_after_file();
  void make_file_again();
  void run();
  void stop();

  AdminRoutes& routes;
  const std::chrono::milliseconds slow_after;
  std::optional<gid_t> group;
  asio::io_context context{static_cast<int>(kAdminThreads)};
  Acceptor acceptor{asio::make_strand(context)};
  Doorkeeper<Acceptor> doorkeeper{acceptor, [this] { return let_in(); }};
  asio::steady_timer look{acceptor.get_executor()};
  std::string path;
  struct stat file {};
  std::atomic<bool> stopping{false};
  std::mutex mutex;              // not Guarded: `gone` waits with it
  std::condition_variable gone;  // one of the connections is
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
  // Ends a connection whatever it is doing; its reader sees that the answer is cut.
  void cut() {
    asio::post(stream_.get_executor(), [self = shared_from_this()] { self->close(); });
  }
  // Since when its reader has taken nothing of what is being sent; the end of time: nothing waits.
  [[nodiscard]] Clock::time_point waits_since() const {
    return Clock::time_point(Clock::duration(waits_since_.load()));
  }

 private:
  // A reader may take as long as they like (a pager that nobody scrolls): no write ends by itself.
  void begin_write() {
    stream_.expires_never();
    waits_since_.store(Clock::now().time_since_epoch().count());
  }
  void end_write() { waits_since_.store(kNothingWaits); }

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
    begin_write();
    http::async_write(stream_, continue_,
                      [self = shared_from_this()](beast::error_code error, std::size_t) {
                        self->end_write();
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
                                  std::string(message.target()), std::move(message.body()), actor_,
                                  account()};
    OperatorAnswer said = server_->routes.answer(request);
    send(std::move(said), keep_alive && !server_->stopping);
  }

  // Of a request and its answer nothing waits in memory for the next one: persons may stand there.
  void forget() {
    response_ = {};
    if (buffer_.size() == 0) {
      buffer_.shrink_to_fit();
    }
  }

  // Asked for once, and here, where the thread may wait: a directory of users may be far away.
  const std::string& account() {
    if (!account_) {
      account_ = account_of(actor_);
    }
    return *account_;
  }

  void send(OperatorAnswer answer, bool keep_alive) {
    more_ = std::move(answer.more);
    keep_alive_ = keep_alive;
    response_ = {};
    response_.version(11);
    response_.result(answer.status);
    response_.set(http::field::date,
                  http_date(std::chrono::floor<Millis>(std::chrono::system_clock::now())));
    response_.set(http::field::content_type, answer.content_type);
    if (!answer.allow.empty()) {
      response_.set(http::field::allow, answer.allow);
    }
    response_.keep_alive(keep_alive);
    response_.body() = std::move(answer.body);
    if (more_) {
      send_parts();
      return;
    }
    response_.prepare_payload();
    begin_write();
    http::async_write(
        stream_, response_,
        [self = shared_from_this()](beast::error_code error, std::size_t) { self->sent(error); });
  }

  // A long answer goes out in chunks, one in memory at a time.
  void send_parts() {
    part_ = std::exchange(response_.body(), {});
    response_.chunked(true);
    head_.emplace(response_);
    begin_write();
    http::async_write_header(stream_, *head_,
                             [self = shared_from_this()](beast::error_code error, std::size_t) {
                               self->end_write();
                               error ? self->close() : self->send_part();
                             });
  }

  void send_part() {
    begin_write();
    if (part_.empty()) {
      asio::async_write(
          stream_, http::make_chunk_last(),
          [self = shared_from_this()](beast::error_code error, std::size_t) { self->sent(error); });
      return;
    }
    asio::async_write(stream_, http::make_chunk(asio::buffer(part_)),
                      [self = shared_from_this()](beast::error_code error, std::size_t) {
                        self->end_write();
                        error ? self->close() : self->next_part();
                      });
  }

  void next_part() {
    part_.clear();
    if (!more_(part_)) {
      part_.clear();
    }
    send_part();
  }

  void sent(beast::error_code error) {
    end_write();
    answering_ = false;
    more_ = nullptr;
    forget();
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
    server_->gone.notify_all();
  }

  const std::shared_ptr<Server> server_;
  Stream stream_;
  const Actor actor_;
  std::optional<std::string> account_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  http::response<http::empty_body> continue_;
  http::response<http::string_body> response_;
  std::optional<http::response_serializer<http::string_body>> head_;
  std::function<bool(std::string&)> more_;
  std::string part_;
  static constexpr Clock::rep kNothingWaits = Clock::time_point::max().time_since_epoch().count();
  std::atomic<Clock::rep> waits_since_{kNothingWaits};
  bool answering_ = false;
  bool keep_alive_ = false;
};

std::string AdminSocket::Server::listen(const std::string& at) {
  if (at.empty() || at.size() > kPathMax) {
    return "the path of the operators' socket must be 1 to 107 bytes long";
  }
  for (const std::string& wrong : {make_socket_directory(at, group), make_socket_room(at)}) {
    if (!wrong.empty()) {
      return wrong;
    }
  }
  boost::system::error_code error;
  acceptor.open(Protocol(), error);
  if (error) {
    return at + ": " + error.message();
  }
  // Before bind, so that there is no moment in which the file is open to more than it should be.
  if (::fchmod(acceptor.native_handle(), kModeAtFirst) != 0) {
    return file_fault(at, errno);
  }
  acceptor.bind(Protocol::endpoint(at), error);
  if (error) {
    return at + ": " + error.message();
  }
  path = at;
  if (group && ::chown(at.c_str(), kSameOwner, *group) != 0) {
    return file_fault(at + " (its group, admin.group)", errno);
  }
  // Only now, so that no other group reaches it before.
  if (::chmod(at.c_str(), kMode) != 0 || ::stat(at.c_str(), &file) != 0) {
    return file_fault(at, errno);
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
    if (!stopping && (connections.size() < kAdminConnectionsMax || close_slowest(slow_after))) {
      const auto connection =
          std::make_shared<Connection>(shared_from_this(), std::move(socket), *actor);
      connections.insert(connection);
      connection->start();
    }
  }
  return error;
}

// Closes the connection whose reader has taken nothing for the longest time, if that is more than
// `after`. Requires the mutex.
bool AdminSocket::Server::close_slowest(std::chrono::milliseconds after) {
  const auto slowest = std::min_element(
      connections.begin(), connections.end(),
      [](const auto& a, const auto& b) { return a->waits_since() < b->waits_since(); });
  if (slowest == connections.end() || (*slowest)->waits_since() > Clock::now() - after) {
    return false;
  }
  (*slowest)->cut();
  return true;
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
    // A request may be read by one thread and answered by another; persons may stand there, and are
    // left on no stack and in no register while a thread waits.
    threads.emplace_back([this] {
      while (context.run_one() > 0) {
        wipe_stack();
      }
    });
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
  // Requests that run give their answers, but nobody is waited for who does not read them.
  {
    std::unique_lock lock(mutex);
    while (!gone.wait_for(lock, kStopLook, [this] { return connections.empty(); })) {
      (void)close_slowest(std::min(slow_after, kStopPatience));
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

AdminSocket::AdminSocket(AdminRoutes& routes, std::chrono::milliseconds slow_after)
    : server_(std::make_shared<Server>(routes, slow_after)) {}

AdminSocket::~AdminSocket() { stop(); }

std::string AdminSocket::start(const std::string& path, std::optional<gid_t> group) {
  server_->group = group;
  std::string wrong = server_->listen(path);
  if (wrong.empty()) {
    server_->run();
  }
  return wrong;
}

void AdminSocket::stop() { server_->stop(); }

}  // namespace plated
