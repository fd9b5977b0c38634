// The client of the operators' socket, where the server is not as it should be.
#include "tools/shell/admin_client.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>

#include "tests/tools/silent_listener.h"

namespace plated {
namespace {

constexpr auto kPatience = std::chrono::milliseconds(50);

AdminRequest status_request() {
  AdminRequest request;
  request.target = "/v1/status";
  return request;
}

TEST(AskAdminWithin, DoesNotWaitForAServerThatHangs) {
  const std::string path =
      ::testing::TempDir() + "/plated_silent_" + std::to_string(::getpid()) + ".sock";
  const SilentListener silent(path);
  const AdminReply reply = ask_admin_within(path, status_request(), kPatience);
  std::filesystem::remove(path);
  EXPECT_EQ(reply.unreachable, "no answer within 50 ms");
}

TEST(AskAdmin, GivesUpOnAServerThatIsSilent) {
  const std::string path =
      ::testing::TempDir() + "/plated_silent_" + std::to_string(::getpid()) + ".sock";
  const SilentListener silent(path);
  AdminRequest request = status_request();
  EXPECT_EQ(ask_admin(path, request, kPatience).unreachable, "no answer within 50 ms");
  // Nor does it hang on what a stopped server does not take.
  request.body.assign(4 * 1024 * 1024, 'x');
  EXPECT_EQ(ask_admin(path, request, std::chrono::milliseconds(1000)).unreachable,
            "no answer within 1 s");
  std::filesystem::remove(path);
}

TEST(AskAdminWithin, SaysWhyNobodyAnswers) {
  const std::string missing = ::testing::TempDir() + "/plated_no_such.sock";
  EXPECT_NE(ask_admin_within(missing, status_request(), kPatience).unreachable.find("connect: "),
            std::string::npos);
  EXPECT_FALSE(ask_admin_within("", status_request(), kPatience).reached());
}

}  // namespace
}  // namespace plated
