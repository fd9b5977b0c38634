#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <thread>
#include <vector>

#include "net/operators/socket.h"
#include "tests/net/admin_world.h"

namespace plated {
namespace {

// A connected socket, or -1.
int connect_to(const std::string& path) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    return fd;
  }
  ::close(fd);
  return -1;
}

std::string read_to_end(int fd) {
  std::string text;
  char piece[4096];
  for (ssize_t size = 0; (size = ::recv(fd, piece, sizeof piece, 0)) > 0;) {
    text.append(piece, static_cast<std::size_t>(size));
  }
  return text;
}

// Sends `text` as it is and returns what comes back until the server closes.
std::string converse(const std::string& path, const std::string& text) {
  const int fd = connect_to(path);
  std::string answer;
  if (fd >= 0) {
    std::thread writer([&] {
      for (std::size_t sent = 0; sent < text.size();) {
        const ssize_t size = ::send(fd, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
        if (size <= 0) {
          break;
        }
        sent += static_cast<std::size_t>(size);
      }
      ::shutdown(fd, SHUT_WR);
    });
    answer = read_to_end(fd);
    writer.join();
    ::close(fd);
  }
  return answer;
}

std::string request(const std::string& line, const std::string& body = {},
                    const std::string& headers = "Connection: close\r\n") {
  return line + " HTTP/1.1\r\nHost: plated\r\n" + headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

class AdminSocketTest : public testing::Test {
 protected:
  AdminSocketTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "plated-XXXXXX").string();
    directory = ::mkdtemp(pattern.data());
    path = directory + "/admin.sock";
  }
  ~AdminSocketTest() override { std::filesystem::remove_all(directory); }

  std::string directory;
  std::string path;
  AdminWorld world;
  AdminSocket socket{world.routes};
};

TEST_F(AdminSocketTest, ThePeersUserIsTheActor) {
  ASSERT_EQ(socket.start(path), "");
  const std::string answer =
      converse(path, request("PUT /v1/offices/%E7%B2%A4A", R"({"name":"广州"})"));
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
  EXPECT_NE(answer.find("application/json"), std::string::npos);
  EXPECT_EQ(world.sink.latest<OfficeNamed>().actor.uid, ::geteuid());
}

TEST_F(AdminSocketTest, TheFileIsForOwnerAndGroupAndGoesAway) {
  const mode_t before = ::umask(0077);
  ASSERT_EQ(socket.start(path), "");
  ::umask(before);
  struct stat there {};
  ASSERT_EQ(::stat(path.c_str(), &there), 0);
  EXPECT_EQ(there.st_mode & 07777, 0660U);
  socket.stop();
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(AdminSocketTest, AStaleSocketIsReplacedAndALiveOneIsNot) {
  ASSERT_EQ(socket.start(path), "");
  AdminSocket other(world.routes);
  EXPECT_NE(other.start(path).find("another server"), std::string::npos);
  EXPECT_TRUE(converse(path, request("GET /v1/pools")).starts_with("HTTP/1.1 200"));
  socket.stop();

  const int stale = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(stale, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ::close(stale);
  AdminSocket third(world.routes);
  EXPECT_EQ(third.start(path), "");
  EXPECT_TRUE(converse(path, request("GET /v1/pools")).starts_with("HTTP/1.1 200"));
}

TEST_F(AdminSocketTest, AFileThatIsNoSocketIsLeftAlone) {
  std::filesystem::create_directory(path);
  EXPECT_NE(socket.start(path).find("no socket"), std::string::npos);
  EXPECT_TRUE(std::filesystem::exists(path));
  AdminSocket other(world.routes);
  EXPECT_NE(other.start(std::string(108, 'x')), "");
  AdminSocket third(world.routes);
  EXPECT_NE(third.start(directory + "/none/admin.sock"), "");
}

TEST_F(AdminSocketTest, AConnectionServesRequestAfterRequest) {
  ASSERT_EQ(socket.start(path), "");
  const std::string answer =
      converse(path, request("GET /v1/pools", "", "") + request("GET /v1/nothing", "", "") +
                         request("GET /v1/pools"));
  std::size_t answers = 0;
  for (std::size_t at = answer.find("HTTP/1.1 "); at != std::string::npos;
       at = answer.find("HTTP/1.1 ", at + 1)) {
    ++answers;
  }
  EXPECT_EQ(answers, 3U) << answer;
}

TEST_F(AdminSocketTest, WhatIsNoRequestIsRefusedInTheShapeOfTheProtocol) {
  ASSERT_EQ(socket.start(path), "");
  EXPECT_TRUE(converse(path, "hello\r\n\r\n").starts_with("HTTP/1.1 400"));
  EXPECT_TRUE(
      converse(path, "GET / HTTP/1.1\r\nA: " + std::string(kAdminHeaderMax, 'x') + "\r\n\r\n")
          .starts_with("HTTP/1.1 431"));
  const std::string answer =
      converse(path, "POST /v1/owners HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\n\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 413")) << answer;
  EXPECT_NE(answer.find(R"({"error":{"code":"bad_request")"), std::string::npos);
}

TEST_F(AdminSocketTest, EveryAnswerHasItsDateAndARefusedMethodSaysWhichAreKnown) {
  ASSERT_EQ(socket.start(path), "");
  const std::string refused = converse(path, request("PATCH /v1/blacklist"));
  EXPECT_TRUE(refused.starts_with("HTTP/1.1 405")) << refused;
  EXPECT_NE(refused.find("\r\nAllow: GET, POST\r\n"), std::string::npos) << refused;
  const std::string found = converse(path, request("GET /v1/pools"));
  EXPECT_EQ(found.find("\r\nAllow:"), std::string::npos) << found;
  for (const std::string& answer : {refused, found, converse(path, "hello\r\n\r\n"),
                                    converse(path, request("GET /v1/audit"))}) {
    const std::size_t date = answer.find("\r\nDate: ");
    ASSERT_NE(date, std::string::npos) << answer;
    EXPECT_EQ(answer.substr(date + 33, 6), " GMT\r\n") << answer;
  }
}

TEST_F(AdminSocketTest, ALargeBodyIsAskedFor) {
  ASSERT_EQ(socket.start(path), "");
  std::string lines;
  for (int i = 0; i < 20'000; ++i) {
    lines += R"({"owner":"o)" + std::to_string(i) +
             R"(","kind":"person","phone":"13800001234"})"
             "\n";
  }
  const std::string answer = converse(
      path, request("POST /v1/owners", lines, "Connection: close\r\nExpect: 100-continue\r\n"));
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200")) << answer;
  EXPECT_NE(answer.find(R"("accepted":20000)"), std::string::npos);
}

TEST_F(AdminSocketTest, ALongAnswerComesInChunks) {
  ASSERT_EQ(socket.start(path), "");
  world.post("/v1/rehearsal/owners", R"({"count":10000})");
  const std::string answer = converse(path, request("GET /v1/audit?since=0"));
  EXPECT_NE(answer.find("Transfer-Encoding: chunked"), std::string::npos);
  EXPECT_TRUE(answer.ends_with("\r\n0\r\n\r\n"));
  EXPECT_NE(answer.find("{\"sequence\":" + std::to_string(world.sink.last().value) + ","),
            std::string::npos);
  // Nothing to say is an answer too.
  EXPECT_TRUE(converse(path, request("GET /v1/audit?since=99999999")).ends_with("\r\n0\r\n\r\n"));
}

// Asks for more than sockets hold, and reads nothing of it; returns when the answer has begun.
int begin_to_read(const std::string& path) {
  const int reader = connect_to(path);
  const std::string ask = request("GET /v1/audit?since=0");
  EXPECT_EQ(::send(reader, ask.data(), ask.size(), 0), static_cast<ssize_t>(ask.size()));
  pollfd there{reader, POLLIN, 0};
  EXPECT_EQ(::poll(&there, 1, 10'000), 1);
  return reader;
}

bool reads_all(int reader) {
  const bool all = read_to_end(reader).ends_with("\r\n0\r\n\r\n");
  ::close(reader);
  return all;
}

// As a pager does that nobody scrolls.
TEST_F(AdminSocketTest, AReaderWhoPausesGetsTheRest) {
  AdminSocket impatient(world.routes, std::chrono::milliseconds(0));
  ASSERT_EQ(impatient.start(path), "");
  world.post("/v1/rehearsal/owners", R"({"count":20000})");
  const int reader = begin_to_read(path);
  for (std::size_t i = 0; i < kAdminConnectionsMax; ++i) {
    EXPECT_TRUE(converse(path, request("GET /v1/pools")).starts_with("HTTP/1.1 200"));
  }
  EXPECT_TRUE(reads_all(reader));
}

TEST_F(AdminSocketTest, WhoReadsNothingMakesRoomForTheNext) {
  AdminSocket impatient(world.routes, std::chrono::milliseconds(0));
  ASSERT_EQ(impatient.start(path), "");
  world.post("/v1/rehearsal/owners", R"({"count":20000})");
  std::vector<int> readers;
  for (std::size_t i = 0; i < kAdminConnectionsMax; ++i) {
    readers.push_back(begin_to_read(path));
  }
  // As long as the readers' sockets are being filled there may be none that waits.
  std::string answer;
  const auto until = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (answer.empty() && std::chrono::steady_clock::now() < until) {
    answer = converse(path, request("GET /v1/pools"));
  }
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200"));
  EXPECT_EQ(std::count_if(readers.begin(), readers.end(), reads_all),
            static_cast<std::ptrdiff_t>(kAdminConnectionsMax) - 1);
}

TEST_F(AdminSocketTest, StoppingDoesNotWaitForWhoReadsNothing) {
  AdminSocket impatient(world.routes, std::chrono::milliseconds(0));
  ASSERT_EQ(impatient.start(path), "");
  world.post("/v1/rehearsal/owners", R"({"count":20000})");
  const int reader = begin_to_read(path);
  impatient.stop();
  EXPECT_FALSE(reads_all(reader));
}

TEST_F(AdminSocketTest, TheSocketIsTheGroupsThatMayReachIt) {
  const std::string below = directory + "/run/admin.sock";
  const mode_t before = ::umask(0077);
  ASSERT_EQ(socket.start(below, ::getegid()), "");
  ::umask(before);
  struct stat there {};
  ASSERT_EQ(::stat(below.c_str(), &there), 0);
  EXPECT_EQ(there.st_mode & 07777, 0660U);
  EXPECT_EQ(there.st_gid, ::getegid());
  ASSERT_EQ(::stat((directory + "/run").c_str(), &there), 0);
  EXPECT_EQ(there.st_mode & 07777, 0750U) << "made, because it was not there";
  EXPECT_EQ(there.st_gid, ::getegid());
}

TEST_F(AdminSocketTest, StoppingEndsSilentConnections) {
  ASSERT_EQ(socket.start(path), "");
  std::thread silent([&] { converse(path, ""); });
  socket.stop();
  silent.join();
}

}  // namespace
}  // namespace plated
