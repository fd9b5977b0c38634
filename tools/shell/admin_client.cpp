#include "tools/shell/admin_client.h"

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <cstdint>
#include <utility>

namespace plated {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

using Socket = asio::local::stream_protocol::socket;
using Parser = http::response_parser<http::buffer_body>;

std::string told(const char* what, const beast::error_code& error) {
  return std::string(what) + ": " + error.message();
}

http::request<http::string_body> make_message(const AdminRequest& request) {
  http::request<http::string_body> message;
  message.method_string(request.method);
  message.target(request.target);
  message.version(11);
  message.set(http::field::host, "plated");
  message.set(http::field::user_agent, "platectl");
  message.set(http::field::connection, "close");
  if (!request.body.empty()) {
    message.set(http::field::content_type, request.content_type);
    message.body() = request.body;
  }
  message.prepare_payload();
  return message;
}

std::string silent_for(std::chrono::milliseconds time) {
  const int64_t millis = time.count();
  return "no answer within " + (millis % 1000 == 0 ? std::to_string(millis / 1000) + " s"
                                                   : std::to_string(millis) + " ms");
}

// One connection and what is being done on it. Each step is asynchronous, so that it can be given
// up.
class Exchange {
 public:
  Exchange(Patience silence, AdminReply& reply) : silence_(silence), reply_(reply) {
    parser_.body_limit(boost::none);
  }

  // False, with the reason in the reply, when nobody is there.
  bool connect(const std::string& path) {
    const beast::error_code error = step([&](auto&& done) {
      socket_.async_connect(asio::local::stream_protocol::endpoint(path), done);
    });
    if (error) {
      reply_.unreachable = told("connect", error);
      reply_.forbidden = error == boost::system::errc::permission_denied;
    }
    return !error;
  }

  void ask(const AdminRequest& request, const BodySink& sink) {
    const auto message = make_message(request);
    // A server may refuse and close before it has read all: its answer counts, if there is one.
    const beast::error_code write_error = step([&](auto&& done) {
      http::async_write(socket_, message, [done](beast::error_code e, std::size_t) { done(e); });
    });
    if (write_error == asio::error::timed_out) {
      reply_.unreachable = silent_for(*silence_);
      return;
    }
    const beast::error_code error = step([&](auto&& done) {
      http::async_read_header(socket_, buffer_, parser_,
                              [done](beast::error_code e, std::size_t) { done(e); });
    });
    if (error) {
      reply_.unreachable = error == asio::error::timed_out ? silent_for(*silence_)
                           : write_error                   ? told("write", write_error)
                                                           : told("read", error);
      return;
    }
    reply_.status = parser_.get().result_int();
    reply_.content_type = std::string(parser_.get()[http::field::content_type]);
    const bool streams = sink && reply_.status >= 200 && reply_.status < 300;
    read_body(streams ? sink : BodySink([this](std::string_view piece) {
      reply_.body.append(piece);
      return true;
    }));
  }

 private:
  // Runs `begin` with what it is to call at its end. `timed_out` when it does not come in time;
  // then the connection is of no more use.
  template <class Begin>
  beast::error_code step(Begin&& begin) {
    beast::error_code result = asio::error::timed_out;
    begin([&result](beast::error_code error) { result = error; });
    context_.restart();
    if (silence_) {
      context_.run_for(*silence_);
    } else {
      context_.run();
    }
    if (!context_.stopped()) {
      // What still goes on would write to `result`.
      beast::error_code ignored;
      socket_.close(ignored);
      context_.run();
      result = asio::error::timed_out;
    }
    return result;
  }

  // Reads the body piece by piece.
  void read_body(const BodySink& sink) {
    std::array<char, 64 * 1024> piece;
    while (!parser_.is_done()) {
      parser_.get().body().data = piece.data();
      parser_.get().body().size = piece.size();
      beast::error_code error = step([&](auto&& done) {
        http::async_read_some(socket_, buffer_, parser_,
                              [done](beast::error_code e, std::size_t) { done(e); });
      });
      if (error == http::error::need_buffer) {
        error = {};
      }
      if (error) {
        reply_.unreachable =
            error == asio::error::timed_out ? silent_for(*silence_) : told("read", error);
        reply_.cut = true;
        return;
      }
      if (!sink(std::string_view(piece.data(), piece.size() - parser_.get().body().size))) {
        return;
      }
    }
  }

  const Patience silence_;
  AdminReply& reply_;
  beast::flat_buffer buffer_;
  Parser parser_;
  asio::io_context context_;
  Socket socket_{context_};
};

// sun_path holds 108 bytes with its closing zero; Asio would throw on more.
bool is_no_path(const std::string& path, AdminReply& reply) {
  if (!path.empty() && path.size() <= 107) {
    return false;
  }
  reply.unreachable = "the path of the socket must be 1 to 107 bytes long";
  return true;
}

}  // namespace

AdminReply ask_admin(const std::string& path, const AdminRequest& request, Patience silence,
                     const BodySink& sink) {
  AdminReply reply;
  if (is_no_path(path, reply)) {
    return reply;
  }
  Exchange exchange(silence, reply);
  if (exchange.connect(path)) {
    exchange.ask(request, sink);
  }
  return reply;
}

AdminReply ask_admin_within(const std::string& path, const AdminRequest& request,
                            std::chrono::milliseconds within) {
  AdminReply reply;
  if (is_no_path(path, reply)) {
    return reply;
  }
  reply.unreachable = "no answer within " + std::to_string(within.count()) + " ms";
  const auto message = make_message(request);
  beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(boost::none);
  // After what its operations use: it drops those that still go on before that is gone.
  asio::io_context context;
  Socket socket(context);
  const auto on_read = [&](beast::error_code error, std::size_t) {
    reply.unreachable = error ? told("read", error) : "";
  };
  // As above, an answer counts though the request was not taken whole.
  const auto on_written = [&](beast::error_code, std::size_t) {
    http::async_read(socket, buffer, parser, on_read);
  };
  const auto on_connected = [&](beast::error_code error) {
    if (error) {
      reply.unreachable = told("connect", error);
      reply.forbidden = error == boost::system::errc::permission_denied;
    } else {
      http::async_write(socket, message, on_written);
    }
  };
  socket.async_connect(asio::local::stream_protocol::endpoint(path), on_connected);
  context.run_for(within);
  if (reply.reached()) {
    reply.status = parser.get().result_int();
    reply.content_type = std::string(parser.get()[http::field::content_type]);
    reply.body = std::move(parser.get().body());
  }
  return reply;
}

}  // namespace plated
