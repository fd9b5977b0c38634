#include "net/notices/sms_webhook.h"

#include <openssl/ssl.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <optional>

namespace plated {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using Tcp = asio::ip::tcp;
using TlsStream = beast::ssl_stream<beast::tcp_stream>;

constexpr std::size_t kAnswerMax = 64 * 1024;  // bytes of a body that nobody reads

std::string host_header(const WebhookUrl& url) {
  const bool is_v6 = url.host.find(':') != std::string::npos;
  const std::string host = is_v6 ? "[" + url.host + "]" : url.host;
  return url.port == (url.tls ? "443" : "80") ? host : host + ":" + url.port;
}

}  // namespace

class SmsWebhook::Link {
 public:
  Link(const WebhookUrl& url, Millis timeout, const std::string& authority)
      : url_(url), timeout_(timeout) {
    if (!url.tls) {
      return;
    }
    context_.set_verify_mode(asio::ssl::verify_peer);
    if (authority.empty()) {
      context_.set_default_verify_paths();
    } else {
      context_.load_verify_file(authority);
    }
  }

  bool post(const std::string& json) {
    http::request<http::string_body> request(http::verb::post, url_.target, 11);
    request.set(http::field::host, host_header(url_));
    request.set(http::field::user_agent, "plated");
    request.set(http::field::content_type, "application/json");
    request.body() = json;
    request.prepare_payload();
    deadline_ = std::chrono::steady_clock::now() + timeout_;
    const bool reused = stream_.has_value();
    std::optional<bool> answer = exchange(request);
    if (!answer && reused) {
      answer = exchange(request);
    }
    return answer.value_or(false);
  }

 private:
  // Starts one asynchronous step and waits for its end, which the stream's deadline forces.
  template <class Step>
  bool run(Step step) {
    beast::error_code result;
    io_.restart();
    step([&result](beast::error_code error, auto&&...) { result = error; });
    io_.run();
    return !result;
  }

  // Whether the peer took the message; nothing if no answer came, and then the connection is gone.
  std::optional<bool> exchange(http::request<http::string_body>& request) {
    if (!stream_ && !connect()) {
      stream_.reset();
      return std::nullopt;
    }
    const std::optional<bool> answer =
        url_.tls ? exchange_over(*stream_, request) : exchange_over(stream_->next_layer(), request);
    if (!answer) {
      stream_.reset();
    }
    return answer;
  }

  bool connect() {
    beast::error_code error;
    Tcp::resolver resolver(io_);
    const auto found = resolver.resolve(url_.host, url_.port, error);
    if (error) {
      return false;
    }
    stream_.emplace(io_, context_);
    beast::tcp_stream& tcp = stream_->next_layer();
    tcp.expires_at(deadline_);
    if (!run([&](auto done) { tcp.async_connect(found, done); })) {
      return false;
    }
    tcp.socket().set_option(Tcp::no_delay(true), error);
    if (!url_.tls) {
      return true;
    }
    stream_->set_verify_callback(asio::ssl::host_name_verification(url_.host));
    if (SSL_set_tlsext_host_name(stream_->native_handle(), url_.host.c_str()) != 1) {
      return false;
    }
    return run([&](auto done) { stream_->async_handshake(asio::ssl::stream_base::client, done); });
  }

  template <class Stream>
  std::optional<bool> exchange_over(Stream& stream, http::request<http::string_body>& request) {
    beast::get_lowest_layer(stream).expires_at(deadline_);
    if (!run([&](auto done) { http::async_write(stream, request, done); })) {
      return std::nullopt;
    }
    beast::flat_buffer buffer;
    http::response_parser<http::string_body> parser;
    parser.body_limit(kAnswerMax);
    if (!run([&](auto done) { http::async_read(stream, buffer, parser, done); })) {
      return std::nullopt;
    }
    const bool taken =
        http::to_status_class(parser.get().result()) == http::status_class::successful;
    if (!parser.keep_alive()) {
      stream_.reset();
    }
    return taken;
  }

  const WebhookUrl url_;
  const Millis timeout_;
  std::chrono::steady_clock::time_point deadline_;
  asio::io_context io_{1};
  asio::ssl::context context_{asio::ssl::context::tls_client};
  // For plain HTTP only its lower half is used; its upper half costs a little memory, once.
  std::optional<TlsStream> stream_;
};

SmsWebhook::SmsWebhook(const WebhookUrl& url, Millis timeout, const std::string& authority)
    : link_(std::make_unique<Link>(url, timeout, authority)) {}
SmsWebhook::~SmsWebhook() = default;
SmsWebhook::SmsWebhook(SmsWebhook&&) noexcept = default;

bool SmsWebhook::post(const std::string& json) { return link_->post(json); }

}  // namespace plated
