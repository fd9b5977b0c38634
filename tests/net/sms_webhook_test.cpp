// The gateway against a small web server of the test's own, on loopback.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <boost/json.hpp>
#include <chrono>
#include <functional>
#include <future>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "net/notices/sms_gateway.h"
#include "tests/net/sms_sending.h"

namespace plated {
namespace {

// A web server that answers each request with what the test wants, one connection at a time.
class Hook {
 public:
  // `answer` gets the request's number, from 1, and its whole text; an empty answer closes.
  using Answer = std::function<std::string(int number, const std::string& request)>;
  explicit Hook(Answer answer) : answer_(std::move(answer)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listener_, generic, size), 0);
    EXPECT_EQ(::listen(listener_, 8), 0);
    EXPECT_EQ(::getsockname(listener_, generic, &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~Hook() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  [[nodiscard]] SmsGatewayOptions options() const {
    SmsGatewayOptions options;
    options.kind = SmsGatewayKind::webhook;
    options.webhook = "http://127.0.0.1:" + std::to_string(port_) + "/sms?key=1";
    options.connections = 1;
    options.timeout = std::chrono::seconds(5);
    return options;
  }
  [[nodiscard]] int connections() const { return connections_; }
  [[nodiscard]] std::string last() const {
    const std::lock_guard lock(mutex_);
    return last_;
  }

 private:
  void serve() {
    while (true) {
      const int peer = ::accept(listener_, nullptr, nullptr);
      if (peer < 0) {
        return;
      }
      ++connections_;
      while (serve_one(peer)) {
      }
      ::close(peer);
    }
  }
  // Reads until the JSON object is whole: these requests end with a brace.
  bool serve_one(int peer) {
    std::string request;
    std::array<char, 4096> some{};
    while (!request.ends_with("}")) {
      const ssize_t got = ::recv(peer, some.data(), some.size(), 0);
      if (got <= 0) {
        return false;
      }
      request.append(some.data(), static_cast<std::size_t>(got));
    }
    {
      const std::lock_guard lock(mutex_);
      last_ = request;
    }
    const std::string answer = answer_(++requests_, request);
    ::send(peer, answer.data(), answer.size(), MSG_NOSIGNAL);
    return !answer.empty();
  }

  Answer answer_;
  int listener_ = -1;
  uint16_t port_ = 0;
  int requests_ = 0;
  std::atomic<int> connections_{0};
  mutable std::mutex mutex_;
  std::string last_;
  std::thread thread_;
};

constexpr const char* kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

TEST(SmsWebhookGateway, PostsTheObjectAndKeepsTheConnection) {
  Hook hook([](int, const std::string&) { return kOk; });
  SmsGateway gateway(hook.options());
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(send(gateway, std::to_string(i)));
  }
  EXPECT_EQ(hook.connections(), 1);
  const std::string request = hook.last();
  EXPECT_TRUE(request.starts_with("POST /sms?key=1 HTTP/1.1\r\n")) << request;
  EXPECT_NE(request.find("Host: 127.0.0.1:"), std::string::npos);
  EXPECT_NE(request.find("Content-Type: application/json"), std::string::npos);
  EXPECT_TRUE(request.ends_with(R"({"id":"4","to":"13800000000","text":"您的验证码"})"));
}

TEST(SmsWebhookGateway, OnlyTwoHundredsAreDelivered) {
  const std::map<std::string, bool> answers = {{"200", true},  {"202", true},  {"204", true},
                                               {"302", false}, {"400", false}, {"500", false}};
  for (const auto& [status, delivered] : answers) {
    Hook hook([&status = status](int, const std::string&) {
      const std::string length = status == "204" ? "" : "Content-Length: 0\r\n";
      return "HTTP/1.1 " + status + " X\r\n" + length + "\r\n";
    });
    SmsGateway gateway(hook.options());
    EXPECT_EQ(send(gateway, "1"), delivered) << status;
    EXPECT_EQ(send(gateway, "2"), delivered) << status;
  }
}

TEST(SmsWebhookGateway, AConnectionThatDiedMeanwhileIsReplaced) {
  Hook hook([](int number, const std::string&) { return number == 2 ? "" : kOk; });
  SmsGateway gateway(hook.options());
  EXPECT_TRUE(send(gateway, "1"));
  EXPECT_TRUE(send(gateway, "2"));  // the hook closes instead of answering, then takes it again
  EXPECT_EQ(hook.connections(), 2);
}

TEST(SmsWebhookGateway, WithPatienceAMessageIsTriedAgainUntilItArrives) {
  Hook hook([](int number, const std::string&) {
    return number < 4 ? "HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n" : kOk;
  });
  SmsGatewayOptions options = hook.options();
  options.retry_after = Millis{1};
  SmsGateway gateway(options);
  EXPECT_TRUE(send(gateway, "1", "您的验证码", std::chrono::minutes(1)));
  EXPECT_EQ(gateway.counts().sent, 1U);
  EXPECT_EQ(gateway.counts().failed, 3U);
  EXPECT_EQ(gateway.counts().queued, 0U);
}

TEST(SmsWebhookGateway, WhatComesBeforeTheAnswerIsNoAnswer) {
  std::atomic<int> requests{0};
  Hook hook([&](int number, const std::string&) {
    requests = number;
    return std::string("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n") + kOk;
  });
  SmsGateway gateway(hook.options());
  EXPECT_TRUE(send(gateway, "1"));
  EXPECT_TRUE(send(gateway, "2"));
  EXPECT_EQ(requests, 2);
  EXPECT_EQ(hook.connections(), 1);
}

TEST(SmsWebhookGateway, ALongAnswerIsAnAnswer) {
  const std::string body(200'000, 'x');
  for (const bool chunked : {false, true}) {
    Hook hook([&](int, const std::string&) {
      return chunked ? "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n30d40\r\n" + body +
                           "\r\n0\r\n\r\n"
                     : "HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n" + body;
    });
    SmsGateway gateway(hook.options());
    EXPECT_TRUE(send(gateway, "1")) << chunked;
    EXPECT_TRUE(send(gateway, "2")) << chunked;
  }
}

// The reason of the first failure of a gateway with these options.
std::string reason_of(SmsGatewayOptions options) {
  std::promise<std::string> said;
  options.complain = [&](const std::string& why) { said.set_value(why); };
  SmsGateway gateway(options);
  EXPECT_FALSE(send(gateway, "1"));
  return said.get_future().get();
}

TEST(SmsWebhookGateway, EveryFailureIsToldWithItsHostAndReason) {
  const auto answered = [](const std::string& answer) {
    Hook hook([&](int, const std::string&) { return answer; });
    return reason_of(hook.options());
  };
  const std::string end = "Content-Length: 0\r\n\r\n";
  for (const std::string status : {"400", "429", "503"}) {
    const std::string why = answered("HTTP/1.1 " + status + " X\r\n" + end);
    EXPECT_TRUE(why.starts_with("127.0.0.1:")) << why;
    EXPECT_NE(why.find("it answered " + status), std::string::npos) << why;
  }
  const std::string moved =
      answered("HTTP/1.1 301 X\r\nLocation: https://new.example/sms\r\n" + end);
  EXPECT_NE(moved.find("a redirect to https://new.example/sms"), std::string::npos) << moved;
  EXPECT_NE(answered("HTTP/1.1 503 X\r\nRetry-After: 7\r\n" + end).find("Retry-After: 7"),
            std::string::npos);
  SmsGatewayOptions options;
  options.kind = SmsGatewayKind::webhook;
  options.connections = 1;
  options.webhook = "http://127.0.0.1:1/";
  EXPECT_EQ(reason_of(options), "127.0.0.1:1: connecting: Connection refused");
  options.webhook = "http://absent.invalid/";
  EXPECT_NE(reason_of(options).find("absent.invalid: its name cannot be looked up"),
            std::string::npos);
}

TEST(SmsWebhookGateway, IsLeftAloneForAsLongAsItAsks) {
  Hook hook([](int number, const std::string&) {
    return number == 1 ? "HTTP/1.1 429 X\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n" : kOk;
  });
  SmsGatewayOptions options = hook.options();
  options.retry_after = Millis{1};
  SmsGateway gateway(options);
  const auto began = std::chrono::steady_clock::now();
  EXPECT_TRUE(send(gateway, "1", "x", std::chrono::minutes(1)));
  EXPECT_GE(std::chrono::steady_clock::now() - began, std::chrono::seconds(1));
  EXPECT_EQ(gateway.counts().last_failure, "");
}

TEST(SmsWebhookGateway, OfTwoAboutTheSameOnlyTheLaterIsSent) {
  std::promise<void> first_failed;
  std::atomic<bool> up{false};
  std::vector<std::string> ids;
  Hook hook([&](int number, const std::string& request) {
    if (!up) {
      if (number == 1) {
        first_failed.set_value();
      }
      return std::string("HTTP/1.1 503 X\r\nContent-Length: 0\r\n\r\n");
    }
    ids.emplace_back(boost::json::parse(request.substr(request.find('{'))).at("id").as_string());
    return std::string(kOk);
  });
  SmsGatewayOptions options = hook.options();
  options.retry_after = Millis{20};
  SmsGateway gateway(options);
  std::promise<bool> first;
  ASSERT_TRUE(gateway.submit(
      {"1", "13800000000", "old", "V submit"}, [&](bool ok) { first.set_value(ok); },
      std::chrono::minutes(5)));
  first_failed.get_future().wait();
  std::promise<bool> second;
  ASSERT_TRUE(gateway.submit(
      {"2", "13800000000", "new", "V submit"}, [&](bool ok) { second.set_value(ok); },
      std::chrono::minutes(5)));
  EXPECT_FALSE(first.get_future().get());
  up = true;
  EXPECT_TRUE(second.get_future().get());
  EXPECT_EQ(ids, std::vector<std::string>{"2"});
}

TEST(SmsWebhookGateway, SendsTheFormThatItsReceiverWants) {
  Hook hook([](int, const std::string&) { return kOk; });
  SmsGatewayOptions options = hook.options();
  options.form.body = R"({"messages":[{"destination":"{to}","body":"{text}"}],"ref":"{id}"})";
  options.form.headers = {{"Authorization", "App x"}, {"X-Shop", "plates"}};
  options.form.secret = "secret";
  SmsGateway gateway(options);
  EXPECT_TRUE(send(gateway, "7", "a \"quoted\" {to}"));
  const std::string request = hook.last();
  const std::string body =
      R"({"messages":[{"destination":"13800000000","body":"a \"quoted\" {to}"}],"ref":"7"})";
  EXPECT_TRUE(request.ends_with("\r\n\r\n" + body)) << request;
  EXPECT_NE(request.find("Authorization: App x\r\n"), std::string::npos);
  EXPECT_NE(request.find("X-Shop: plates\r\n"), std::string::npos);
  EXPECT_NE(request.find("X-Plated-Signature: " + signature_of(options.form, body) + "\r\n"),
            std::string::npos);
}

TEST(SmsWebhookGateway, PatienceEnds) {
  Hook hook([](int, const std::string&) { return "HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n"; });
  SmsGatewayOptions options = hook.options();
  options.retry_after = Millis{1};
  SmsGateway gateway(options);
  EXPECT_FALSE(send(gateway, "1", "您的验证码", Millis{20}));
  EXPECT_GT(gateway.counts().failed, 1U);
}

TEST(SmsWebhookGateway, StoppingEndsAllPatience) {
  std::promise<bool> told;
  Hook hook([](int, const std::string&) { return "HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n"; });
  SmsGatewayOptions options = hook.options();
  options.retry_after = std::chrono::hours(1);
  SmsGateway gateway(options);
  const auto tell = [&](bool ok) { told.set_value(ok); };
  ASSERT_TRUE(gateway.submit({"1", "13800000000", "x"}, tell, std::chrono::hours(2)));
  while (gateway.counts().failed == 0) {
    std::this_thread::yield();
  }
  gateway.stop();
  EXPECT_FALSE(told.get_future().get());
}

TEST(SmsWebhookGateway, NonsenseIsNotDelivered) {
  Hook hook([](int, const std::string&) { return "what?\r\n\r\n"; });
  SmsGateway gateway(hook.options());
  EXPECT_FALSE(send(gateway, "1"));
}

TEST(SmsWebhookGateway, SilenceEndsWithTheTimeout) {
  std::promise<void> over;
  Hook hook([&over](int, const std::string&) {
    over.get_future().wait();
    return std::string();
  });
  SmsGatewayOptions options = hook.options();
  options.timeout = Millis{100};
  SmsGateway gateway(options);
  EXPECT_FALSE(send(gateway, "1"));
  over.set_value();
}

TEST(SmsWebhookGateway, NobodyThereIsNotDelivered) {
  SmsGatewayOptions options;
  {
    Hook hook([](int, const std::string&) { return kOk; });
    options = hook.options();
  }
  SmsGateway gateway(options);
  EXPECT_FALSE(send(gateway, "1"));
  options.webhook.insert(4, "s");
  SmsGateway tls(options);
  EXPECT_FALSE(send(tls, "1"));
}

}  // namespace
}  // namespace plated
