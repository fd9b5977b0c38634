// The file of the gateway `file`: what it keeps, for how long, and for whose eyes; and that nothing
// leaves whose receiver was erased meanwhile.
#include "net/notices/sms_file.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <string>
#include <thread>

#include "net/notices/sms_gateway.h"

namespace plated {
namespace {

namespace fs = std::filesystem;
using std::chrono::hours;

std::string text_of_file(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

class SmsFileTest : public ::testing::Test {
 protected:
  SmsFileTest() {
    std::string name = ::testing::TempDir() + "plated_sms_XXXXXX";
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    directory_ = name;
    options_.path = directory_ + "/sms.jsonl";
    options_.now = [this] { return std::chrono::system_clock::now() + passed_; };
  }
  ~SmsFileTest() override { fs::remove_all(directory_); }
  [[nodiscard]] std::string now() const { return text_of_file(options_.path); }
  [[nodiscard]] std::string old() const { return text_of_file(options_.path + ".old"); }

  std::string directory_;
  SmsFileOptions options_;
  hours passed_{0};
};

TEST_F(SmsFileTest, ALineStaysForItsTimeAndAtMostTwiceAsLong) {
  options_.keep = hours(72);
  SmsFile file(options_);
  EXPECT_EQ(file.append("first"), "");
  passed_ = hours(71);
  EXPECT_EQ(file.tend(), "");
  EXPECT_EQ(now(), "first\n");
  passed_ = hours(73);
  EXPECT_EQ(file.tend(), "");
  EXPECT_EQ(now(), "");
  // The line that is set aside was written now, whatever the test's clock says.
  EXPECT_EQ(old(), "first\n") << "its last line has not had its time";
}

TEST_F(SmsFileTest, WhatIsSetAsideIsRemovedWhenItsLastLineHasHadItsTime) {
  options_.keep = hours(72);
  SmsFile file(options_);
  std::ofstream(options_.path + ".old") << "old\n";
  passed_ = hours(71);
  EXPECT_EQ(file.append("new"), "");
  EXPECT_EQ(old(), "old\n");
  passed_ = hours(73);
  EXPECT_EQ(file.tend(), "");
  EXPECT_EQ(old(), "new\n") << "the old one is gone, and the next one stands there";
  passed_ = hours(200);
  EXPECT_EQ(file.tend(), "");
  EXPECT_FALSE(fs::exists(options_.path + ".old"));
}

TEST_F(SmsFileTest, ALargeFileIsSetAsideBeforeItsTime) {
  options_.size_max = 10;
  SmsFile file(options_);
  for (const char* line : {"12345", "67890", "abc"}) {
    EXPECT_EQ(file.append(line), "");
  }
  EXPECT_EQ(old(), "12345\n67890\n");
  EXPECT_EQ(now(), "abc\n");
}

TEST_F(SmsFileTest, WithoutATimeItIsLeftToLogrotate) {
  options_.keep = Millis{};
  options_.size_max = 10;
  SmsFile file(options_);
  passed_ = hours(100'000);
  for (const char* line : {"1234567890", "1", "2"}) {
    EXPECT_EQ(file.append(line), "");
  }
  EXPECT_EQ(now(), "1234567890\n1\n2\n");
  fs::rename(options_.path, options_.path + ".1");
  EXPECT_EQ(file.append("3"), "");
  EXPECT_EQ(now(), "3\n");
  EXPECT_TRUE(fs::exists(options_.path + ".1"));
}

TEST_F(SmsFileTest, OthersMayNotReadIt) {
  std::ofstream(options_.path) << "";
  fs::permissions(options_.path, fs::perms(0644));
  SmsFile file(options_);
  EXPECT_EQ(file.append("1"), "");
  EXPECT_EQ(fs::status(options_.path).permissions(), fs::perms(0640))
      << "a group's is an operator's";
}

TEST_F(SmsFileTest, AGatewayTendsItThoughNothingIsSent) {
  std::ofstream(options_.path) << std::string(2000, 'x');
  SmsGatewayOptions gateway;
  gateway.kind = SmsGatewayKind::file;
  gateway.file = options_.path;
  gateway.file_size_max = 1000;
  const SmsGateway running(gateway);
  while (!fs::exists(options_.path + ".old")) {
    std::this_thread::yield();
  }
  EXPECT_EQ(old().size(), 2000U);
}

TEST_F(SmsFileTest, WhatIsNotWantedAnyMoreDoesNotLeave) {
  SmsGatewayOptions options;
  options.kind = SmsGatewayKind::file;
  options.file = options_.path;
  SmsGateway gateway(options);
  for (const bool wanted : {false, true}) {
    std::promise<bool> told;
    SmsMessage message{wanted ? "2" : "1", "13800000000", "x"};
    message.wanted = [wanted] { return wanted; };
    ASSERT_TRUE(gateway.submit(std::move(message), [&](bool sent) { told.set_value(sent); }));
    EXPECT_EQ(told.get_future().get(), wanted);
  }
  EXPECT_EQ(now(), "{\"id\":\"2\",\"to\":\"13800000000\",\"text\":\"x\"}\n");
}

}  // namespace
}  // namespace plated
