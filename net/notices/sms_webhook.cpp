#include "net/notices/sms_webhook.h"

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace plated {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using Tcp = asio::ip::tcp;
using TlsStream = beast::ssl_stream<beast::tcp_stream>;

using Parser = http::response_parser<http::string_body>;

constexpr std::size_t kAnswerMax = 64 * 1024;  // bytes of a body that nobody reads
constexpr Millis kRedirectPause = std::chrono::minutes(1);
constexpr int64_t kPauseSecondsMax = 24 * 60 * 60;

std::string host_header(const WebhookUrl& url) {
  const bool is_v6 = url.host.find(':') != std::string::npos;
  const std::string host = is_v6 ? "[" + url.host + "]" : url.host;
  return url.port == (url.tls ? "443" : "80") ? host : host + ":" + url.port;
}

}  // namespace

class SmsWebhook::Link {
 public:
  Link(const WebhookUrl& url, Millis timeout, const std::string& authority, SmsForm form)
      : url_(url), timeout_(timeout), form_(std::move(form)) {
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

  SmsTry post(const SmsMessage& message) {
    Request request(http::verb::post, url_.target, 11);
    request.set(http::field::host, host_header(url_));
    request.set(http::field::user_agent, "plated");
    request.set(http::field::content_type, "application/json");
    for (const auto& [name, value] : form_.headers) {
      request.set(name, value);
    }
    request.body() = body_of(form_, message);
    if (!form_.secret.empty()) {
      request.set("X-Plated-Signature", signature_of(form_, request.body()));
    }
    request.prepare_payload();
    deadline_ = std::chrono::steady_clock::now() + timeout_;
    const bool reused = stream_.has_value();
    std::optional<SmsTry> answer = exchange(request);
    if (!answer && reused) {
      answer = exchange(request);
    }
    return answer.value_or(SmsTry{.why = host_header(url_) + ": " + failure_});
  }

 private:
  using Request = http::request<http::string_body>;

  // Starts one asynchronous step and waits for its end, which the stream's deadline forces. False:
  // `failure_` says what `doing` met.
  template <class Step>
  bool run(std::string_view doing, Step step) {
    beast::error_code result;
    io_.restart();
    step([&result](beast::error_code error, auto&&...) { result = error; });
    io_.run();
    if (result) {
      fail(doing, result);
    }
    return !result;
  }

  void fail(std::string_view doing, beast::error_code error) {
    failure_ = std::string(doing) + ": " +
               (error == beast::error::timeout ? "no answer within the time" : error.message());
    const auto trust = stream_ ? SSL_get_verify_result(stream_->native_handle()) : X509_V_OK;
    if (url_.tls && trust != X509_V_OK) {
      failure_ += std::string(" (") + X509_verify_cert_error_string(trust) + ")";
    }
  }

  // What the peer made of the message; nothing if no answer came, and then the connection is gone.
  std::optional<SmsTry> exchange(Request& request) {
    if (!stream_ && !connect()) {
      stream_.reset();
      return std::nullopt;
    }
    std::optional<SmsTry> answer =
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
      fail("its name cannot be looked up", error);
      return false;
    }
    stream_.emplace(io_, context_);
    beast::tcp_stream& tcp = stream_->next_layer();
    tcp.expires_at(deadline_);
    if (!run("connecting", [&](auto done) { tcp.async_connect(found, done); })) {
      return false;
    }
    tcp.socket().set_option(Tcp::no_delay(true), error);
    if (!url_.tls) {
      return true;
    }
    stream_->set_verify_callback(asio::ssl::host_name_verification(url_.host));
    if (SSL_set_tlsext_host_name(stream_->native_handle(), url_.host.c_str()) != 1) {
      failure_ = "TLS: its name cannot be asked for";
      return false;
    }
    return run("TLS",
               [&](auto done) { stream_->async_handshake(asio::ssl::stream_base::client, done); });
  }

  template <class Stream>
  std::optional<SmsTry> exchange_over(Stream& stream, Request& request) {
    beast::get_lowest_layer(stream).expires_at(deadline_);
    if (!run("sending", [&](auto done) { http::async_write(stream, request, done); })) {
      return std::nullopt;
    }
    beast::flat_buffer buffer;
    std::optional<Parser> parser;
    // 100 Continue and its like come before the answer. Their class is asked of the number: for
    // Beast 1.81, which has no name for 103, the name is of no class.
    do {
      parser.emplace();
      parser->body_limit(boost::none);
      if (!run("reading the answer",
               [&](auto done) { http::async_read_header(stream, buffer, *parser, done); })) {
        return std::nullopt;
      }
    } while (http::to_status_class(parser->get().result_int()) ==
             http::status_class::informational);
    SmsTry outcome = judge(parser->get());
    if (!pass_over_body(stream, buffer, *parser) || !parser->keep_alive()) {
      stream_.reset();
    }
    return outcome;
  }

  // Nobody reads the body; where it is too long or does not end, the connection does. False then.
  template <class Stream>
  bool pass_over_body(Stream& stream, beast::flat_buffer& buffer, Parser& parser) {
    if (parser.content_length().value_or(0) > kAnswerMax) {
      return false;
    }
    parser.body_limit(kAnswerMax);
    return run("reading the answer",
               [&](auto done) { http::async_read(stream, buffer, parser, done); });
  }

  // A status that is no success, in words; a redirect is a wrong address, which trying again soon
  // does not mend.
  template <class Response>
  SmsTry judge(const Response& response) const {
    const auto kind = http::to_status_class(response.result_int());
    if (kind == http::status_class::successful) {
      return {.delivered = true};
    }
    SmsTry outcome{.why = host_header(url_) + ": it answered " +
                          std::to_string(response.result_int())};
    if (kind == http::status_class::redirection) {
      const auto to = response[http::field::location];
      outcome.why += ", a redirect to " + std::string(to.data(), to.size()) +
                     "; set sms.webhook to where it shall go";
      outcome.retry_after = kRedirectPause;
    }
    const auto wanted = response[http::field::retry_after];
    int64_t seconds = 0;
    const auto [end, error] =
        std::from_chars(wanted.data(), wanted.data() + wanted.size(), seconds);
    if (error == std::errc() && end == wanted.data() + wanted.size() && seconds > 0) {
      outcome.retry_after = std::chrono::seconds(std::min<int64_t>(seconds, kPauseSecondsMax));
      outcome.leave_alone = true;
      outcome.why += ", Retry-After: " + std::to_string(seconds);
    }
    return outcome;
  }

  const WebhookUrl url_;
  const Millis timeout_;
  const SmsForm form_;
  std::string failure_ = "no answer";
  std::chrono::steady_clock::time_point deadline_;
  asio::io_context io_{1};
  asio::ssl::context context_{asio::ssl::context::tls_client};
  // For plain HTTP only its lower half is used; its upper half costs a little memory, once.
  std::optional<TlsStream> stream_;
};

SmsWebhook::SmsWebhook(const WebhookUrl& url, Millis timeout, const std::string& authority,
                       const SmsForm& form)
    : link_(std::make_unique<Link>(url, timeout, authority, form)) {}
SmsWebhook::~SmsWebhook() = default;
SmsWebhook::SmsWebhook(SmsWebhook&&) noexcept = default;

SmsTry SmsWebhook::post(const SmsMessage& message) { return link_->post(message); }

}  // namespace plated
