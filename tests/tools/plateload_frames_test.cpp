// WebSocket frames, cut out of whatever pieces the network makes of them.
#include <gtest/gtest.h>

#include <vector>

#include "tools/plateload/wire/frames.h"

namespace plated::load {
namespace {

using Found = FrameReader::Found;

// As a server writes it: unmasked.
std::string server_frame(uint8_t first, const std::string& payload) {
  std::string frame(1, static_cast<char>(first));
  if (payload.size() < 126) {
    frame += static_cast<char>(payload.size());
  } else if (payload.size() < 65'536) {
    frame += {126, static_cast<char>(payload.size() >> 8), static_cast<char>(payload.size())};
  } else {
    frame += {127, 0, 0, 0, 0};
    for (int shift = 24; shift >= 0; shift -= 8) {
      frame += static_cast<char>(payload.size() >> shift);
    }
  }
  return frame + payload;
}

// What a reader finds when `bytes` arrive in pieces of `piece` bytes.
std::vector<std::string> texts_of(const std::string& bytes, std::size_t piece) {
  FrameReader reader;
  std::vector<std::string> texts;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    // A buffer of its own, so that reading behind it is seen.
    const std::string part = bytes.substr(at, piece);
    reader.feed(part);
    Frame frame;
    Found found = Found::frame;
    while ((found = reader.next(frame)) == Found::frame) {
      texts.push_back(std::to_string(static_cast<int>(frame.kind)) + ":" +
                      std::string(frame.payload));
    }
    EXPECT_EQ(found, Found::nothing_more);
  }
  return texts;
}

TEST(FrameReader, FindsTheSameFramesHoweverTheyArrive) {
  const std::string middle(300, 'm');
  const std::string large(70'000, 'l');
  const std::string bytes = server_frame(0x81, "one") + server_frame(0x89, "ping") +
                            server_frame(0x81, "") + server_frame(0x81, middle) +
                            server_frame(0x01, "frag") + server_frame(0x8A, "pong") +
                            server_frame(0x00, "men") + server_frame(0x80, "ted") +
                            server_frame(0x81, large) + server_frame(0x88, "\x03\xE8");
  const std::vector<std::string> wanted = {"1:one",   "9:ping",       "1:",         "1:" + middle,
                                           "10:pong", "1:fragmented", "1:" + large, "8:\x03\xE8"};
  for (const std::size_t piece : {std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{129},
                                  std::size_t{4'096}, bytes.size()}) {
    EXPECT_EQ(texts_of(bytes, piece), wanted) << "in pieces of " << piece;
  }
}

TEST(FrameReader, TakesNoFrameThatNoServerMaySend) {
  const std::string masked = {char(0x81), char(0x81), 0, 0, 0, 0, 'x'};
  const std::string too_large = {char(0x81), 127, 0, 0, 0, 0, 0x7F, 0, 0, 0};
  for (const std::string& bytes :
       {masked, too_large, server_frame(0x82, "binary"), server_frame(0x80, "no beginning"),
        server_frame(0x09, "ping in parts"), server_frame(0x01, "a") + server_frame(0x81, "b")}) {
    FrameReader reader;
    reader.feed(bytes);
    Frame frame;
    EXPECT_EQ(reader.next(frame), Found::broken);
  }
}

TEST(PutFrame, MasksWithZerosSoThatTheTextStandsAsItIs) {
  std::string out;
  put_frame(out, FrameKind::text, "hello");
  EXPECT_EQ(out, std::string("\x81\x85\0\0\0\0hello", 11));
  out.clear();
  put_frame(out, FrameKind::text, std::string(300, 'x'));
  EXPECT_EQ(out.substr(0, 8), std::string("\x81\xFE\x01\x2C\0\0\0\0", 8));
  EXPECT_EQ(out.size(), 308U);
}

}  // namespace
}  // namespace plated::load
