#include "tools/plateload/wire/frames.h"

#include <optional>

#include "engine/check.h"

namespace plated::load {
namespace {

constexpr uint8_t kFinal = 0x80;
constexpr uint8_t kMasked = 0x80;
constexpr uint8_t kOpcode = 0x0F;
constexpr uint8_t kContinuation = 0;
constexpr std::size_t kShortMax = 125;

std::optional<FrameKind> kind_of(uint8_t opcode) {
  switch (opcode) {
    case 1:
      return FrameKind::text;
    case 8:
      return FrameKind::close;
    case 9:
      return FrameKind::ping;
    case 10:
      return FrameKind::pong;
    default:
      return std::nullopt;
  }
}

}  // namespace

void put_frame(std::string& out, FrameKind kind, std::string_view payload) {
  check(payload.size() <= (kind == FrameKind::text ? 0xFFFFU : kShortMax),
        "a request is a short text");
  char head[8] = {};  // opcode, size, and a mask of four zeros
  std::size_t size = 2;
  head[0] = static_cast<char>(kFinal | static_cast<uint8_t>(kind));
  if (payload.size() <= kShortMax) {
    head[1] = static_cast<char>(kMasked | payload.size());
  } else {
    head[1] = static_cast<char>(kMasked | 126);
    head[2] = static_cast<char>(payload.size() >> 8);
    head[3] = static_cast<char>(payload.size());
    size = 4;
  }
  out.append(head, size + 4);
  out.append(payload);
}

void FrameReader::feed(std::string_view bytes) {
  if (kept_.empty()) {
    rest_ = bytes;
    return;
  }
  kept_.append(bytes);
  rest_ = kept_;
}

void FrameReader::clear() {
  kept_.clear();
  message_.clear();
  rest_ = {};
  in_message_ = false;
  message_given_ = false;
}

bool FrameReader::read_head(Head& head) const {
  if (rest_.size() < 2) {
    return true;
  }
  const auto byte = [this](std::size_t at) { return static_cast<uint8_t>(rest_[at]); };
  if ((byte(1) & kMasked) != 0) {
    return false;  // a server never masks
  }
  std::size_t size = byte(1);
  head.payload = size < 126 ? 2 : size == 126 ? 4 : 10;
  if (rest_.size() < head.payload) {
    return true;
  }
  if (size >= 126) {
    size = 0;
    for (std::size_t at = 2; at < head.payload; ++at) {
      size = size << 8 | byte(at);
    }
  }
  head.size = size;
  head.whole = size <= kFrameMax && rest_.size() - head.payload >= size;
  return size <= kFrameMax;
}

FrameReader::Found FrameReader::keep_rest() {
  if (rest_.empty()) {
    kept_.clear();
  } else {
    const std::string rest(rest_);  // it may lie in what it is to replace
    kept_ = rest;
  }
  rest_ = {};
  return Found::nothing_more;
}

FrameReader::Found FrameReader::next(Frame& frame) {
  if (message_given_) {
    message_.clear();
    message_given_ = false;
  }
  while (true) {
    Head head;
    if (!read_head(head)) {
      return Found::broken;
    }
    if (!head.whole) {
      return keep_rest();
    }
    const auto first = static_cast<uint8_t>(rest_[0]);
    frame.payload = rest_.substr(head.payload, head.size);
    rest_.remove_prefix(head.payload + head.size);
    const uint8_t opcode = first & kOpcode;
    const bool final = (first & kFinal) != 0;
    const auto kind = opcode == kContinuation ? FrameKind::text : kind_of(opcode);
    if (!kind || (opcode == kContinuation) != (in_message_ && *kind == FrameKind::text) ||
        (*kind != FrameKind::text && !final)) {
      return Found::broken;
    }
    frame.kind = *kind;
    if (*kind != FrameKind::text || (final && !in_message_)) {
      return Found::frame;
    }
    message_.append(frame.payload);
    in_message_ = !final;
    if (message_.size() > kFrameMax) {
      return Found::broken;
    }
    if (final) {
      message_given_ = true;
      frame.payload = message_;
      return Found::frame;
    }
  }
}

}  // namespace plated::load
