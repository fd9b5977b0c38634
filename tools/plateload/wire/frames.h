// WebSocket framing as a client needs it, over bytes in memory: whole text frames written, frames
// of a server read in place. The mask of what is written is zero, which is a legal one and costs
// nothing: a load tester has no proxy to protect. No sockets.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace plated::load {

enum class FrameKind : uint8_t { text = 1, close = 8, ping = 9, pong = 10 };

struct Frame {
  FrameKind kind = FrameKind::text;
  std::string_view payload;
};

inline constexpr std::size_t kFrameMax = 256 * 1024;  // a longer one of a server is broken

// Appends one frame to `out`. A payload of ping, pong and close is at most 125 bytes.
void put_frame(std::string& out, FrameKind kind, std::string_view payload);

// Cuts what arrives into frames. What it gives stays good until the next call of feed() or next().
class FrameReader {
 public:
  enum class Found : uint8_t { frame, nothing_more, broken };

  // Takes bytes as they arrived, which must stay in place until next() has found nothing more.
  void feed(std::string_view bytes);
  [[nodiscard]] Found next(Frame& frame);
  void clear();

 private:
  // Whether a whole frame stands at the beginning of what is left, and where its payload is.
  struct Head {
    std::size_t size = 0;
    std::size_t payload = 0;
    bool whole = false;
  };
  [[nodiscard]] bool read_head(Head& head) const;
  [[nodiscard]] Found keep_rest();

  std::string kept_;     // what arrived of a frame whose rest did not
  std::string message_;  // the fragments of a message so far
  std::string_view rest_;
  bool in_message_ = false;
  bool message_given_ = false;
};

}  // namespace plated::load
