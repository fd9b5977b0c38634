// One text frame of /v1/select to a request, or to a complaint that says what was wrong and where.
// Pure: no sockets, no state from one frame to the next. Any bytes are fine; once the longest frame
// has been seen, nothing here allocates except for a frame that is wrong.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "net/protocol/message.h"

namespace plated {

// Bytes that must be readable, whatever they are, behind a frame (simdjson reads in blocks).
inline constexpr std::size_t kFramePadding = 64;

class FrameDecoder {
 public:
  FrameDecoder();
  ~FrameDecoder();
  FrameDecoder(const FrameDecoder&) = delete;
  FrameDecoder& operator=(const FrameDecoder&) = delete;

  // Reads one frame of at most kFrameMax bytes with kFramePadding readable bytes behind it. True:
  // request() is what it says. False: complaint() says what is wrong, and request().id is the id to
  // answer. Both live until the next call, and no longer than the frame.
  [[nodiscard]] bool decode(std::string_view frame);

  // What the last frame says, and what is wrong with it: see decode.
  [[nodiscard]] const Request& request() const { return request_; }
  [[nodiscard]] const Complaint& complaint() const { return complaint_; }

 private:
  struct Parser;
  struct Value;

  bool refuse(ErrorCode code, std::string_view field, std::string_view message);
  void note(std::string_view field, std::string_view message);
  bool read_fields(std::string_view frame);
  void take_field(std::string_view key, Value& value);
  void take_value(unsigned field, Value& value);
  void take_id(Value& value);
  void take_office(std::string_view text);
  void take_plate(std::string_view text);
  [[nodiscard]] bool judge();

  std::unique_ptr<Parser> parser_;
  Request request_;
  Complaint complaint_;
  std::string message_;  // behind the complaint
  std::string field_;

  uint32_t seen_ = 0;      // a bit for each known field of this frame
  bool noted_ = false;     // message_ and field_ hold what was wrong first
  bool id_wrong_ = false;  // answered with null
  bool op_known_ = false;
};

}  // namespace plated
