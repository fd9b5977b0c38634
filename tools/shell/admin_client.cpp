#include "tools/shell/admin_client.h"

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <limits>
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

// Reads the body piece by piece, to the sink or into the reply.
beast::error_code read_body(Socket& socket, beast::flat_buffer& buffer, Parser& parser,
                            const BodySink& sink, std::string& body) {
  std::array<char, 64 * 1024> piece;
  beast::error_code error;
  while (!parser.is_done()) {
    parser.get().body().data = piece.data();
    parser.get().body().size = piece.size();
    http::read(socket, buffer, parser, error);
    if (error == http::error::need_buffer) {
      error = {};
    }
    if (error) {
      return error;
    }
    const std::string_view got(piece.data(), piece.size() - parser.get().body().size);
    if (sink) {
      sink(got);
    } else {
      body.append(got);
    }
  }
  return {};
}

AdminReply exchange(Socket& socket, const AdminRequest& request, const BodySink& sink) {
  AdminReply reply;
  beast::error_code write_error;
  // A server may refuse and close before it has read all: its answer counts, if there is one.
  http::write(socket, make_message(request), write_error);
  beast::error_code error;
  beast::flat_buffer buffer;
  Parser parser;
  parser.body_limit(boost::none);
  http::read_header(socket, buffer, parser, error);
  if (error) {
    reply.unreachable = write_error ? told("write", write_error) : told("read", error);
    return reply;
  }
  reply.status = parser.get().result_int();
  reply.content_type = std::string(parser.get()[http::field::content_type]);
  const bool streams = sink && reply.status >= 200 && reply.status < 300;
  error = read_body(socket, buffer, parser, streams ? sink : BodySink{}, reply.body);
  if (error) {
    reply.unreachable = told("read", error);
  }
  return reply;
}

// sun_path holds 108 bytes with its closing zero; Asio would throw on more.
bool is_no_path(const std::string& path, AdminReply& reply) {
  if (!path.empty() && path.size() <= 107) {
    return false;
  }
  reply.unreachable = "the path of the socket must be 1 to 107 bytes long";
  return true;
}

}  // namespace

AdminReply ask_admin(const std::string& path, const AdminRequest& request, const BodySink& sink) {
  AdminReply reply;
  if (is_no_path(path, reply)) {
    return reply;
  }
  asio::io_context context;
  Socket socket(context);
  beast::error_code error;
  socket.connect(asio::local::stream_protocol::endpoint(path), error);
  if (error) {
    reply.unreachable = told("connect", error);
    return reply;
  }
  return exchange(socket, request, sink);
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
