#include "net/io/socket.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <cerrno>

#include "engine/check.h"

namespace plated {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

error_code last_error() { return {errno, boost::system::system_category()}; }

}  // namespace

void Socket::FreeSsl::operator()(SSL* ssl) const { SSL_free(ssl); }

Socket::Socket(Poller& poller, int descriptor, SSL_CTX* tls)
    : poller_(poller), descriptor_(descriptor), failed_(poller.watch(descriptor, watch_)) {
  watched_ = !failed_;
  if (tls == nullptr) {
    return;
  }
  ssl_.reset(SSL_new(tls));
  BIO* const bio = BIO_new(bio_method());
  check(ssl_ != nullptr && bio != nullptr, "there is memory for a connection");
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_.get(), bio, bio);
  SSL_set_accept_state(ssl_.get());
  SSL_set_mode(ssl_.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                               SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // Header and body of a record in one call.
  SSL_set_read_ahead(ssl_.get(), 1);
}

Socket::~Socket() {
  leave();
  poller_.forget(watch_);
}

void Socket::leave() {
  if (descriptor_ < 0) {
    return;
  }
  if (watched_) {
    poller_.unwatch(descriptor_);
  }
  ::close(std::exchange(descriptor_, -1));
}

void Socket::begin_read(asio::mutable_buffer into, Completion completion) {
  check(!reading_, "one read at a time");
  into_ = into;
  reading_.swap(completion);  // Boost 1.81's move assignment would wrap it in itself
  const bool buffered = ssl_ != nullptr && SSL_has_pending(ssl_.get()) != 0;
  if (readable_ || buffered || failed_) {
    poller_.soon(watch_);
  }
}

void Socket::begin_write(Completion completion) {
  check(!writing_, "one write at a time");
  writing_.swap(completion);
  if (writable_ || failed_) {
    poller_.soon(watch_);
  }
}

void Socket::on_turn(uint32_t events) {
  if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) {
    ended_ = true;
  }
  if (ended_ || (events & EPOLLIN) != 0) {
    readable_ = true;
  }
  if (ended_ || (events & EPOLLOUT) != 0) {
    writable_ = true;
  }
  // TLS may have to read before it can write, and the other way round; so both try.
  if (writing_) {
    error_code error;
    const std::size_t size = write(to_write_, error);
    if (error != asio::error::would_block) {
      std::string().swap(to_write_);  // an assignment would keep its room
      std::exchange(writing_, nullptr)(error, size);
    }
  }
  if (reading_ && (!deaf_ || failed_)) {
    error_code error;
    const std::size_t size = read(into_, error);
    if (error != asio::error::would_block) {
      std::exchange(reading_, nullptr)(error, size);
    } else if (readable_) {
      poller_.soon(watch_);
    }
  }
}

std::size_t Socket::read(asio::mutable_buffer into, error_code& error) {
  if (into.size() == 0) {
    return 0;
  }
  if (ssl_ == nullptr || failed_) {
    return receive(into.data(), into.size(), error);
  }
  ERR_clear_error();
  beneath_ = {};
  // Records may say nothing that we read, but must be worked on, and there may be no end of them.
  tls_may_receive_ = true;
  std::size_t size = 0;
  const int returned = SSL_read_ex(ssl_.get(), into.data(), into.size(), &size);
  if (returned <= 0) {
    error = tls_error(returned);
  }
  return size;
}

std::size_t Socket::write(std::string_view bytes, error_code& error) {
  if (bytes.empty()) {
    return 0;
  }
  if (ssl_ == nullptr || failed_) {
    return send(bytes.data(), bytes.size(), error);
  }
  ERR_clear_error();
  beneath_ = {};
  std::size_t size = 0;
  const int returned = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &size);
  if (returned <= 0) {
    error = tls_error(returned);
  }
  return size;
}

std::size_t Socket::write_now(std::string_view bytes, error_code& error) {
  check(!writing_, "one write at a time");
  error = {};
  std::size_t written = 0;
  while (written < bytes.size() && !error) {
    written += write(bytes.substr(written, kWriteMax), error);
  }
  if (written > 0) {
    error = {};
  }
  return written;
}

std::size_t Socket::receive(void* into, std::size_t size, error_code& error) {
  error = failed_;
  if (error) {
    return 0;
  }
  if (!readable_) {
    error = asio::error::would_block;
    return 0;
  }
  const ssize_t got = ::recv(descriptor_, into, size, 0);
  if (got < 0) {
    error = last_error();
    if (errno == EAGAIN) {
      readable_ = false;
    }
    return 0;
  }
  if (got == 0) {
    error = asio::error::eof;
  }
  const auto received = static_cast<std::size_t>(got);
  // What came since tells of itself; the peer's end has done so already.
  if (received < size && !ended_) {
    readable_ = false;
  }
  return received;
}

std::size_t Socket::send(const void* bytes, std::size_t size, error_code& error) {
  error = failed_;
  if (error) {
    return 0;
  }
  if (!writable_) {
    error = asio::error::would_block;
    return 0;
  }
  const ssize_t put = ::send(descriptor_, bytes, size, MSG_NOSIGNAL);
  if (put < 0) {
    error = last_error();
    if (errno == EAGAIN) {
      writable_ = false;
    }
    return 0;
  }
  const auto sent = static_cast<std::size_t>(put);
  if (sent < size) {
    writable_ = false;
  }
  return sent;
}

void Socket::shutdown_send(error_code& error) {
  error = failed_;
  if (error || std::exchange(we_ended_, true)) {
    return;
  }
  if (ssl_ != nullptr && !tls_broken_ && !writing_ && SSL_is_init_finished(ssl_.get()) != 0) {
    ERR_clear_error();
    // If there is no room for it now, the peer has to do without.
    SSL_shutdown(ssl_.get());
  }
  if (::shutdown(descriptor_, SHUT_WR) != 0) {
    error = last_error();
  }
}

void Socket::close() {
  if (descriptor_ < 0) {
    return;
  }
  leave();
  failed_ = asio::error::operation_aborted;
  if (reading_ || writing_) {
    poller_.soon(watch_);
  }
}

BIO_METHOD* Socket::bio_method() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* const made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "plated");
    check(made != nullptr, "there is memory for a connection");
    BIO_meth_set_read(made, bio_read);
    BIO_meth_set_write(made, bio_write);
    // Nothing is kept that would have to be flushed; nothing else is asked that matters.
    BIO_meth_set_ctrl(made,
                      [](BIO*, int what, long, void*) -> long { return what == BIO_CTRL_FLUSH; });
    return made;
  }();
  return method;
}

int Socket::bio_read(BIO* bio, char* into, int size) {
  auto& self = *static_cast<Socket*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  if (!std::exchange(self.tls_may_receive_, false)) {
    BIO_set_retry_read(bio);
    return -1;
  }
  const std::size_t got = self.receive(into, static_cast<std::size_t>(size), self.beneath_);
  if (self.beneath_ == asio::error::would_block) {
    BIO_set_retry_read(bio);
  }
  return self.beneath_ ? -1 : static_cast<int>(got);
}

int Socket::bio_write(BIO* bio, const char* bytes, int size) {
  auto& self = *static_cast<Socket*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  const std::size_t put = self.send(bytes, static_cast<std::size_t>(size), self.beneath_);
  if (self.beneath_ == asio::error::would_block) {
    BIO_set_retry_write(bio);
  }
  return self.beneath_ ? -1 : static_cast<int>(put);
}

// Why a call of OpenSSL has returned what it did. A peer who ends without TLS' own word for it has
// ended all the same: WebSocket and HTTP say themselves where their messages end.
error_code Socket::tls_error(int returned) {
  switch (SSL_get_error(ssl_.get(), returned)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      return asio::error::would_block;
    case SSL_ERROR_ZERO_RETURN:
      return asio::error::eof;
    case SSL_ERROR_SYSCALL:
      tls_broken_ = true;
      return beneath_ && beneath_ != asio::error::would_block ? beneath_
                                                              : error_code(asio::error::eof);
    default:
      tls_broken_ = true;
      return {static_cast<int>(ERR_get_error()), asio::error::get_ssl_category()};
  }
}

}  // namespace plated
