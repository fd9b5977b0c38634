// A WebSocket server of Boost.Beast that is nothing else: it accepts every upgrade and answers
// every request at once with a canned application that bears the request's id. What plated is
// measured against: the same library, the same bytes, and nothing of what plated does between
// reading and writing. One thread, no strands, none of Beast's timeouts; ends with SIGTERM and then
// says what it cost.
//
//   echo_server PORT
#include <sys/resource.h>

#include <array>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "bench/canned_answer.h"

namespace {

namespace asio = boost::asio;
namespace websocket = boost::beast::websocket;
using asio::ip::tcp;
using boost::system::error_code;

// Executors that are known when it is compiled cost less than any_io_executor.
using Socket = asio::basic_stream_socket<tcp, asio::io_context::executor_type>;
using Acceptor = asio::basic_socket_acceptor<tcp, asio::io_context::executor_type>;

constexpr std::size_t kRequestMax = 4096;

class Echo : public std::enable_shared_from_this<Echo> {
 public:
  explicit Echo(Socket&& socket) : stream_(std::move(socket)) {}

  void start() {
    stream_.set_option(websocket::stream_base::timeout{websocket::stream_base::none(),
                                                       websocket::stream_base::none(), false});
    stream_.set_option(websocket::stream_base::decorator([](websocket::response_type& response) {
      response.set(boost::beast::http::field::sec_websocket_protocol, "plated.v1");
    }));
    stream_.auto_fragment(false);
    stream_.text(true);
    stream_.async_accept([self = shared_from_this()](error_code error) {
      if (!error) {
        self->read();
      }
    });
  }

 private:
  void read() {
    stream_.async_read_some(asio::buffer(request_.data() + size_, request_.size() - size_),
                            [self = shared_from_this()](error_code error, std::size_t size) {
                              if (!error) {
                                self->on_read(size);
                              }
                            });
  }

  void on_read(std::size_t size) {
    size_ += size;
    if (!stream_.is_message_done()) {
      if (size_ < request_.size()) {
        read();
      }
      return;
    }
    answer_.clear();
    plated::bench::put_canned_answer({request_.data(), size_}, answer_);
    size_ = 0;
    // The socket has room for it: whoever asks has read the answer before.
    error_code error;
    stream_.write(asio::buffer(answer_), error);
    if (!error) {
      read();
    }
  }

  websocket::stream<Socket, false> stream_;
  std::array<char, kRequestMax> request_;
  std::size_t size_ = 0;
  std::string answer_;
};

void accept(Acceptor& acceptor) {
  acceptor.async_accept([&acceptor](error_code error, Socket socket) {
    if (!error) {
      error_code ignored;
      socket.set_option(tcp::no_delay(true), ignored);
      std::make_shared<Echo>(std::move(socket))->start();
    }
    accept(acceptor);
  });
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

}  // namespace

int main(int argc, char** argv) {
  uint16_t port = 0;
  const std::string_view word = argc == 2 ? argv[1] : "";
  if (std::from_chars(word.data(), word.data() + word.size(), port).ec != std::errc{}) {
    std::fputs("usage: echo_server PORT\n", stderr);
    return 2;
  }
  asio::io_context context(1);
  Acceptor acceptor(context);
  error_code error;
  const tcp::endpoint endpoint(asio::ip::address_v4::loopback(), port);
  acceptor.open(endpoint.protocol(), error);
  if (!error) {
    acceptor.set_option(Acceptor::reuse_address(true), error);
  }
  if (!error) {
    acceptor.bind(endpoint, error);
  }
  if (!error) {
    acceptor.listen(4096, error);
  }
  if (error) {
    std::fprintf(stderr, "echo_server: %s\n", error.message().c_str());
    return 1;
  }
  asio::signal_set signals(context, SIGTERM, SIGINT);
  signals.async_wait([&context](error_code, int) { context.stop(); });
  accept(acceptor);
  context.run();
  std::printf("%.2f CPU seconds\n", cpu_seconds());
  return 0;
}
