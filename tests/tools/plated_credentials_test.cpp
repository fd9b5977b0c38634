// Which files a start takes: those with phones and codes in them are nobody else's, and no links.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <variant>

#include "tools/plated/credentials.h"

namespace plated {
namespace {

class CredentialsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "plated_credentials_XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
    options_.ticket_key = directory_ + "/ticket.key";
    options_.sms_file = directory_ + "/sms.jsonl";
    std::ofstream(options_.ticket_key) << std::string(43, 'A') << "\n";
    ASSERT_EQ(::chmod(options_.ticket_key.c_str(), 0600), 0);
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  // Empty: everything was taken.
  std::string refusal() {
    const auto read = read_credentials(options_, MissingKey::is_made);
    const auto* const why = std::get_if<std::string>(&read);
    return why == nullptr ? "" : *why;
  }

  Options options_;
  std::string directory_;
};

TEST_F(CredentialsTest, AFileOfSmsIsNobodyElses) {
  EXPECT_EQ(refusal(), "") << "it may not be there yet";
  std::ofstream(options_.sms_file) << "{}\n";
  for (const mode_t mode : {0600U, 0640U}) {
    ASSERT_EQ(::chmod(options_.sms_file.c_str(), mode), 0);
    EXPECT_EQ(refusal(), "");
  }
  for (const mode_t mode : {0644U, 0606U, 0660U}) {
    ASSERT_EQ(::chmod(options_.sms_file.c_str(), mode), 0);
    EXPECT_TRUE(refusal().ends_with(": chmod o=,g-w '" + options_.sms_file + "'")) << refusal();
  }
  options_.sms_gateway = SmsGatewayKind::none;
  EXPECT_EQ(refusal(), "") << "nobody writes there";
}

TEST_F(CredentialsTest, AFileOfSmsIsNoLink) {
  ASSERT_EQ(::symlink((directory_ + "/elsewhere").c_str(), options_.sms_file.c_str()), 0);
  EXPECT_NE(refusal().find("is a symbolic link"), std::string::npos) << refusal();
}

}  // namespace
}  // namespace plated
