// The gateway without a network: against a real file, its queue, and what it would send.
#include "net/notices/sms_gateway.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <boost/json.hpp>
#include <fstream>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "tests/net/sms_sending.h"

namespace plated {
namespace {

class SmsFileGateway : public ::testing::Test {
 protected:
  void SetUp() override {
    path_ = ::testing::TempDir() + "plated_sms_" + std::to_string(::getpid()) + ".jsonl";
    ::unlink(path_.c_str());
  }
  void TearDown() override { ::unlink(path_.c_str()); }
  [[nodiscard]] std::vector<std::string> lines() const {
    std::vector<std::string> all;
    std::ifstream file(path_);
    for (std::string line; std::getline(file, line);) {
      all.push_back(line);
    }
    return all;
  }
  [[nodiscard]] SmsGatewayOptions options() const {
    SmsGatewayOptions options;
    options.kind = SmsGatewayKind::file;
    options.file = path_;
    return options;
  }
  std::string path_;
};

TEST_F(SmsFileGateway, WritesOneObjectALineForItsOwnerOnly) {
  SmsGateway gateway(options());
  EXPECT_TRUE(send(gateway, "1"));
  EXPECT_TRUE(send(gateway, "2", "line\nbreak \"quoted\""));
  const std::vector<std::string> all = lines();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0], R"({"id":"1","to":"13800000000","text":"您的验证码"})");
  EXPECT_EQ(boost::json::parse(all[1]).at("text").as_string(), "line\nbreak \"quoted\"");
  struct stat found {};
  ASSERT_EQ(::stat(path_.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0600U);
  EXPECT_EQ(gateway.counts().sent, 2U);
  EXPECT_EQ(gateway.counts().queued, 0U);
}

TEST_F(SmsFileGateway, AppendsAndLeavesATornLineBehind) {
  std::ofstream(path_) << "whole\nhalf";
  SmsGateway gateway(options());
  EXPECT_TRUE(send(gateway, "1"));
  const std::vector<std::string> all = lines();
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[1], "half");
  EXPECT_EQ(boost::json::parse(all[2]).at("id").as_string(), "1");
}

TEST_F(SmsFileGateway, IsFoundByItsNameEachTime) {
  SmsGateway gateway(options());
  EXPECT_TRUE(send(gateway, "1"));
  const std::string moved = path_ + ".1";
  ASSERT_EQ(::rename(path_.c_str(), moved.c_str()), 0);  // as logrotate does
  EXPECT_TRUE(send(gateway, "2"));
  ::unlink(moved.c_str());
  const std::vector<std::string> all = lines();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(boost::json::parse(all[0]).at("id").as_string(), "2");
}

TEST_F(SmsFileGateway, SaysWhatItCouldNotWriteTo) {
  std::promise<std::string> said;
  SmsGatewayOptions nowhere = options();
  nowhere.file = "/absent/directory/sms.jsonl";
  nowhere.complain = [&](const std::string& why) { said.set_value(why); };
  SmsGateway gateway(nowhere);
  EXPECT_FALSE(send(gateway, "1"));
  EXPECT_EQ(said.get_future().get(), "/absent/directory/sms.jsonl: No such file or directory");
  EXPECT_EQ(gateway.counts().last_failure,
            "/absent/directory/sms.jsonl: No such file or directory");
}

TEST_F(SmsFileGateway, ThatCannotBeWrittenIsNotDelivered) {
  SmsGatewayOptions nowhere = options();
  nowhere.file = "/absent/directory/sms.jsonl";
  SmsGateway gateway(nowhere);
  EXPECT_FALSE(send(gateway, "1"));
  EXPECT_EQ(gateway.counts().failed, 1U);
  nowhere.file = "/dev/full";
  SmsGateway full(nowhere);
  EXPECT_FALSE(send(full, "1"));
}

TEST(SmsGatewayNone, CountsAsDelivered) {
  SmsGateway gateway({});
  EXPECT_TRUE(send(gateway, "1"));
}

TEST(SmsGatewayQueue, IsBoundedAndEveryCallbackComesOnce) {
  std::promise<void> go;
  std::promise<void> entered;
  std::atomic<std::size_t> called{0};
  std::atomic<std::size_t> delivered{0};
  SmsGateway gateway({});
  ASSERT_TRUE(gateway.submit({}, [&](bool) {
    entered.set_value();
    go.get_future().wait();
  }));
  entered.get_future().wait();  // the only thread is busy now
  for (std::size_t i = 0; i < kSmsQueueMax; ++i) {
    ASSERT_TRUE(gateway.submit({}, [&](bool ok) {
      ++called;
      if (ok) {
        ++delivered;
      }
    }));
  }
  EXPECT_FALSE(gateway.submit({}, [&](bool) { ++called; }));
  EXPECT_EQ(gateway.counts().queued, kSmsQueueMax);
  std::thread stopping([&] { gateway.stop(); });
  while (gateway.counts().queued > 0) {
    std::this_thread::yield();
  }
  go.set_value();
  stopping.join();
  EXPECT_EQ(called, kSmsQueueMax);
  EXPECT_EQ(delivered, 0U);
  EXPECT_FALSE(gateway.submit({}, [&](bool) { ++called; }));
}

// By an independent implementation (Python's hmac).
TEST(SmsForms, AreSignedAndEscaped) {
  SmsForm form;
  form.secret = "secret";
  EXPECT_EQ(signature_of(form, "body"),
            "sha256=dc46983557fea127b43af721467eb9b3fde2338fe3e14f51952aa8478c13d355");
  form.body = "to={to}&msg={text}";
  form.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
  EXPECT_EQ(body_of(form, {"1", "+86138", "a b&验"}), "to=%2B86138&msg=a%20b%26%E9%AA%8C");
  EXPECT_EQ(body_of(SmsForm{}, {"1", "2", "\"\n"}), R"({"id":"1","to":"2","text":"\"\n"})");
}

TEST(WebhookUrls, AreTakenApart) {
  const auto plain = parse_webhook_url("http://sms.example/send?x=1");
  ASSERT_TRUE(plain);
  EXPECT_FALSE(plain->tls);
  EXPECT_EQ(plain->host, "sms.example");
  EXPECT_EQ(plain->port, "80");
  EXPECT_EQ(plain->target, "/send?x=1");
  const auto tls = parse_webhook_url("https://[::1]:8443");
  ASSERT_TRUE(tls);
  EXPECT_TRUE(tls->tls);
  EXPECT_EQ(tls->host, "::1");
  EXPECT_EQ(tls->port, "8443");
  EXPECT_EQ(tls->target, "/");
  for (const char* bad : {"", "http://", "ftp://x", "x", "http:///p", "http://x:0",
                          "http://x:65536", "http://x:", "http://u:p@x", "http://x/ y",
                          "http://x/\r\nA: b", "http://[::1", "http://x#y"}) {
    EXPECT_FALSE(parse_webhook_url(bad)) << bad;
  }
}

}  // namespace
}  // namespace plated
