// The connection that Beast reads from and writes to, and the poller that tells it when: over pairs
// of local sockets, the peer's end in the hands of the test.
#include "net/io/socket.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/net/self_signed.h"

namespace plated {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Peer = asio::local::stream_protocol::socket;

// What an operation has come to; nothing while it is outstanding.
struct SocketResult {
  error_code error;
  std::size_t size;
};
using Result = std::optional<SocketResult>;

class SocketTest : public testing::Test {
 protected:
  SocketTest() { pair(nullptr); }

  void pair(SSL_CTX* tls) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    ASSERT_EQ(::fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
    peer_ = Peer(others_, asio::local::stream_protocol(), ends[1]);
    socket_ = std::make_unique<Socket>(poller_, ends[0], tls);
  }

  // Lets the loop run until `done` holds; false when it does not come to that.
  bool run_until(const std::function<bool()>& done) {
    const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!done() && std::chrono::steady_clock::now() < patience) {
      context_.restart();
      context_.run_one_for(std::chrono::milliseconds(100));
    }
    return done();
  }
  // Lets the loop do all that it can do now.
  void settle() {
    context_.restart();
    while (context_.run_one_for(std::chrono::milliseconds(20)) > 0) {
    }
  }

  Result& begin_read(std::size_t room) {
    into_.assign(room, '\0');
    read_.reset();
    socket_->async_read_some(asio::buffer(into_), [this](error_code error, std::size_t size) {
      read_ = {error, size};
    });
    return read_;
  }
  // What one read gives; what went wrong, otherwise.
  std::string read(std::size_t room) {
    begin_read(room);
    if (!run_until([this] { return read_.has_value(); })) {
      return "(nothing)";
    }
    return read_->error ? read_->error.message() : into_.substr(0, read_->size);
  }
  void say(std::string_view text) { asio::write(peer_, asio::buffer(text)); }
  std::string hear(std::size_t size) {
    std::string heard(size, '\0');
    asio::read(peer_, asio::buffer(heard));
    return heard;
  }
  // The ten digits, by a buffer that is too small for them, and nothing behind them.
  void expect_digits_in_fours() {
    EXPECT_EQ(read(4), "0123");
    EXPECT_EQ(read(4), "4567");
    EXPECT_EQ(read(4), "89");
    const Result& more = begin_read(4);
    settle();
    EXPECT_FALSE(more);
  }
  static std::string eof() { return error_code(asio::error::eof).message(); }

  asio::io_context context_;
  asio::io_context others_;
  Poller poller_{context_};
  Peer peer_{others_};
  std::unique_ptr<Socket> socket_;
  std::string into_;
  Result read_;
};

TEST_F(SocketTest, ReadsWhatIsThereAndWhatComesLater) {
  say("there");
  EXPECT_EQ(read(100), "there");
  const Result& later = begin_read(100);
  settle();
  EXPECT_FALSE(later) << "nothing has come";
  say("later");
  ASSERT_TRUE(run_until([&] { return later.has_value(); }));
  EXPECT_EQ(into_.substr(0, later->size), "later");
}

TEST_F(SocketTest, ReadsOnWhereABufferWasTooSmall) {
  say("0123456789");
  expect_digits_in_fours();
}

// Both may have come before anybody looked, and then nothing tells of the end again.
TEST_F(SocketTest, SeesTheEndThatCameWithTheLastBytes) {
  say("last");
  peer_.close();
  EXPECT_EQ(read(100), "last");
  EXPECT_EQ(read(100), eof());
  EXPECT_EQ(read(100), eof()) << "it stays so";
}

TEST_F(SocketTest, SeesTheEndThatComesLater) {
  say("last");
  EXPECT_EQ(read(100), "last");
  const Result& end = begin_read(100);
  settle();
  ASSERT_FALSE(end);
  peer_.shutdown(Peer::shutdown_send);
  ASSERT_TRUE(run_until([&] { return end.has_value(); }));
  EXPECT_EQ(end->error, asio::error::eof);
  error_code error;
  EXPECT_EQ(socket_->write_now("answer", error), 6U) << "the peer still listens";
  EXPECT_EQ(hear(6), "answer");
}

TEST_F(SocketTest, CompletesNothingWithinTheCallThatBegins) {
  say("there");
  const Result& result = begin_read(100);
  EXPECT_FALSE(result);
  settle();
  EXPECT_TRUE(result);
}

TEST_F(SocketTest, WritesAtOnceWhatFitsAndTheRestWhenThereIsRoom) {
  std::string much(3'000'000, '\0');
  for (std::size_t i = 0; i < much.size(); ++i) {
    much[i] = static_cast<char>('a' + i % 23);
  }
  error_code error;
  const std::size_t at_once = socket_->write_now(much, error);
  EXPECT_FALSE(error);
  ASSERT_GT(at_once, 0U);
  ASSERT_LT(at_once, much.size()) << "no local socket takes that much";
  EXPECT_EQ(socket_->write_now(std::string_view(much).substr(at_once), error), 0U);
  EXPECT_EQ(error, asio::error::would_block);
  Result written;
  asio::async_write(*socket_, asio::buffer(much) + at_once,
                    [&](error_code failed, std::size_t size) {
                      written = {failed, size};
                    });
  settle();
  EXPECT_FALSE(written);
  std::string heard;
  std::thread reader([&] { heard = hear(much.size()); });
  EXPECT_TRUE(run_until([&] { return written.has_value(); }));
  reader.join();
  EXPECT_EQ(written->size, much.size() - at_once);
  EXPECT_TRUE(heard == much);
}

TEST_F(SocketTest, GathersWhatOneWriteIsMadeOf) {
  const std::array<asio::const_buffer, 3> parts = {asio::buffer("one ", 4), asio::buffer("two ", 4),
                                                   asio::buffer("three", 5)};
  Result written;
  socket_->async_write_some(parts, [&](error_code error, std::size_t size) {
    written = {error, size};
  });
  ASSERT_TRUE(run_until([&] { return written.has_value(); }));
  EXPECT_EQ(written->size, 13U);
  EXPECT_EQ(hear(13), "one two three");
}

TEST_F(SocketTest, AReaderWhoIsGoneIsAnErrorAndNoSignal) {
  peer_.close();
  error_code error;
  EXPECT_EQ(socket_->write_now("nobody", error), 0U);
  EXPECT_EQ(error, asio::error::broken_pipe);
}

TEST_F(SocketTest, CloseAbortsWhatIsOutstandingAndAllThatComesLater) {
  const Result& result = begin_read(100);
  settle();
  socket_->close();
  EXPECT_FALSE(result) << "not within the call";
  settle();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->error, asio::error::operation_aborted);
  EXPECT_EQ(read(100), error_code(asio::error::operation_aborted).message());
  error_code error;
  EXPECT_EQ(socket_->write_now("x", error), 0U);
  EXPECT_EQ(error, asio::error::operation_aborted);
  char byte = 0;
  EXPECT_EQ(::recv(peer_.native_handle(), &byte, 1, 0), 0) << "the peer sees the end";
}

TEST_F(SocketTest, WhatIsOutstandingAtItsEndNeverCompletes) {
  say("there");
  const Result& result = begin_read(100);
  socket_.reset();
  settle();
  EXPECT_FALSE(result);
}

TEST_F(SocketTest, WithoutConnectionsTheLoopHasNoWork) {
  begin_read(100);
  settle();
  socket_.reset();
  context_.restart();
  context_.run();  // returns
  EXPECT_TRUE(context_.stopped());
}

// As when the system's limit of what may be watched is reached.
TEST_F(SocketTest, WhatCannotBeWatchedIsAnErrorOfItsOperations) {
  const int regular = ::open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  ASSERT_GE(regular, 0);
  Socket socket(poller_, regular, nullptr);
  Result result;
  into_.resize(100);
  socket.async_read_some(asio::buffer(into_), [&](error_code error, std::size_t size) {
    result = {error, size};
  });
  ASSERT_TRUE(run_until([&] { return result.has_value(); }));
  EXPECT_TRUE(result->error);
  say("there");
  EXPECT_EQ(read(100), "there") << "the other goes on";
}

// Over TLS; the peer is OpenSSL as Asio uses it, in a thread of its own.
class TlsSocketTest : public SocketTest {
 protected:
  using TlsPeer = asio::ssl::stream<Peer&>;

  TlsSocketTest() {
    certify(tls_.native_handle());
    pair(tls_.native_handle());
  }

  // Runs the loop for as long as the peer does its part.
  void meanwhile(const std::function<void(TlsPeer&)>& part) {
    std::atomic<bool> done{false};
    std::thread thread([&] {
      try {
        part(*tls_peer_);
      } catch (const std::exception& problem) {
        ADD_FAILURE() << problem.what();
      }
      done.store(true);
    });
    EXPECT_TRUE(run_until([&] { return done.load(); }));
    thread.join();
  }
  void shake_hands() {
    begin_read(0x8000);
    meanwhile([](TlsPeer& peer) {
      peer.handshake(asio::ssl::stream_base::client);
      asio::write(peer, asio::buffer("hello", 5));
    });
    ASSERT_TRUE(run_until([this] { return read_.has_value(); }));
    ASSERT_FALSE(read_->error) << read_->error.message();
    ASSERT_EQ(into_.substr(0, read_->size), "hello");
  }

  asio::ssl::context tls_{asio::ssl::context::tls_server};
  asio::ssl::context trusting_{asio::ssl::context::tls_client};
  std::unique_ptr<TlsPeer> tls_peer_ = std::make_unique<TlsPeer>(peer_, trusting_);
};

TEST_F(TlsSocketTest, ShakesHandsWithTheFirstReadAndTalksBothWays) {
  shake_hands();
  error_code error;
  EXPECT_EQ(socket_->write_now("welcome", error), 7U);
  meanwhile([](TlsPeer& peer) {
    std::string heard(7, '\0');
    asio::read(peer, asio::buffer(heard));
    EXPECT_EQ(heard, "welcome");
  });
}

// What of a record no buffer had room for lies in OpenSSL, where no event tells of it.
TEST_F(TlsSocketTest, ReadsOnWhereABufferWasTooSmall) {
  shake_hands();
  meanwhile([](TlsPeer& peer) { asio::write(peer, asio::buffer("0123456789", 10)); });
  expect_digits_in_fours();
}

TEST_F(TlsSocketTest, CarriesMuchBothWaysAtOnce) {
  shake_hands();
  constexpr std::size_t kMuch = 2'000'000;
  std::string out(kMuch, '\0');
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = static_cast<char>('a' + i % 23);
  }
  Result written;
  error_code error;
  const std::size_t at_once = socket_->write_now(out, error);
  ASSERT_LT(at_once, kMuch);
  asio::async_write(*socket_, asio::buffer(out) + at_once,
                    [&](error_code failed, std::size_t size) {
                      written = {failed, size};
                    });
  std::string in(kMuch, '\0');
  Result got;
  asio::async_read(*socket_, asio::buffer(in), [&](error_code failed, std::size_t size) {
    got = {failed, size};
  });
  std::string heard(kMuch, '\0');
  meanwhile([&](TlsPeer& peer) {
    asio::read(peer, asio::buffer(heard));
    asio::write(peer, asio::buffer(out));
  });
  ASSERT_TRUE(run_until([&] { return written && got; }));
  EXPECT_EQ(at_once + written->size, kMuch);
  EXPECT_TRUE(heard == out);
  EXPECT_TRUE(in == out);
}

TEST_F(TlsSocketTest, EndsWithTheWordThatTlsHasForIt) {
  shake_hands();
  error_code error;
  socket_->shutdown_send(error);
  EXPECT_FALSE(error);
  meanwhile([](TlsPeer& peer) {
    error_code end;
    char byte = 0;
    peer.read_some(asio::buffer(&byte, 1), end);
    EXPECT_EQ(end, asio::error::eof) << "not cut off: " << end.message();
    asio::write(peer, asio::buffer("bye", 3));
  });
  EXPECT_EQ(read(10), "bye") << "the other half is open";
}

TEST_F(TlsSocketTest, APeerMayEndWithOrWithoutThatWord) {
  shake_hands();
  error_code error;
  std::thread peer([this] {
    error_code ignored;
    tls_peer_->shutdown(ignored);  // waits for our word as well
  });
  EXPECT_EQ(read(10), eof());
  socket_->shutdown_send(error);
  EXPECT_FALSE(error);
  peer.join();
  pair(tls_.native_handle());
  tls_peer_ = std::make_unique<TlsPeer>(peer_, trusting_);
  shake_hands();
  peer_.shutdown(Peer::shutdown_send);
  EXPECT_EQ(read(10), eof());
}

// What the peer sends behind it is read, however much it is, and it sees the end that we have said.
TEST_F(TlsSocketTest, EndsItsHalfOnceHoweverOftenItIsTold) {
  shake_hands();
  error_code error;
  socket_->shutdown_send(error);
  for (int i = 0; i < 3; ++i) {
    meanwhile([](TlsPeer& peer) { asio::write(peer, asio::buffer("more", 4)); });
    socket_->shutdown_send(error);
    EXPECT_FALSE(error);
    EXPECT_EQ(read(10), "more");
  }
}

// Records that have to be worked on and say nothing: a peer may send them as fast as it likes.
TEST_F(TlsSocketTest, RecordsWithoutEndLeaveTheOthersTheirTurn) {
  const std::unique_ptr<SSL, decltype(&SSL_free)> client(SSL_new(trusting_.native_handle()),
                                                         SSL_free);
  ASSERT_EQ(SSL_set_fd(client.get(), peer_.native_handle()), 1);
  begin_read(100);
  meanwhile([&](TlsPeer&) { EXPECT_EQ(SSL_connect(client.get()), 1); });
  BIO* const records = BIO_new(BIO_s_mem());
  SSL_set0_wbio(client.get(), records);
  for (int i = 0; i < 4000; ++i) {
    ASSERT_EQ(SSL_key_update(client.get(), SSL_KEY_UPDATE_NOT_REQUESTED), 1);
    ASSERT_EQ(SSL_do_handshake(client.get()), 1);
  }
  ASSERT_EQ(SSL_write(client.get(), "end", 3), 3);
  char* bytes = nullptr;
  const auto size = static_cast<std::size_t>(BIO_get_mem_data(records, &bytes));
  asio::write(peer_, asio::buffer(bytes, size));
  int turns = 0;
  ASSERT_TRUE(run_until([&] { return ++turns, read_.has_value(); }));
  EXPECT_EQ(into_.substr(0, read_->size), "end");
  EXPECT_GE(turns, static_cast<int>(size / 20'000));
}

TEST_F(TlsSocketTest, WhoSpeaksNoTlsIsAnError) {
  say("GET / HTTP/1.1\r\n\r\n");
  begin_read(100);
  ASSERT_TRUE(run_until([this] { return read_.has_value(); }));
  EXPECT_EQ(read_->error.category(), asio::error::get_ssl_category());
  error_code error;
  socket_->shutdown_send(error);
  EXPECT_FALSE(error);
}

}  // namespace
}  // namespace plated
