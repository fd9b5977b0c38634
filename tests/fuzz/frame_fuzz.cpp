// Frames of clients. A frame that is understood, written anew from what it was understood as, means
// the same; one that is not has a complaint and an id to answer to.
#include <boost/json/serialize.hpp>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "engine/check.h"
#include "engine/plate.h"
#include "net/protocol/codec.h"

namespace plated {
namespace {

std::string quoted(std::string_view text) {
  return boost::json::serialize(boost::json::string(text));
}

std::string frame_of(const Request& request) {
  std::string frame =
      "{\"id\":" + std::string(request.id) + ",\"op\":" + quoted(name_of(request.op));
  const auto add = [&](std::string_view name, const std::string& value) {
    frame += ",\"" + std::string(name) + "\":" + value;
  };
  const Op op = request.op;
  if (op == Op::vehicles) {
    if (!request.after.empty()) {
      add("after", quoted(request.after));
    }
    return frame + "}";
  }
  add("vehicle", quoted(request.vehicle));
  if (op == Op::send_code) {
    add("for", request.purpose == CodePurpose::submit ? "\"submit\"" : "\"verify\"");
  }
  if (op == Op::submit || op == Op::verify) {
    add("code", quoted(request.code));
  }
  if (op == Op::submit) {
    add("terms", quoted(request.terms));
  }
  if (op == Op::draw) {
    add("draw", std::to_string(request.draw));
    add("without4", request.without4 ? "true" : "false");
  }
  if (op == Op::shortlist || op == Op::confirm) {
    add("plate", quoted(text_of(request.plate).view()));
  }
  return frame + "}";
}

bool decode(FrameDecoder& decoder, std::string_view frame, std::vector<char>& memory) {
  memory.assign(frame.size() + kFramePadding, '\0');
  std::memcpy(memory.data(), frame.data(), frame.size());
  return decoder.decode({memory.data(), frame.size()});
}

void read_frame(std::string_view frame) {
  static FrameDecoder decoder;
  static FrameDecoder again;
  std::vector<char> memory;
  if (!decode(decoder, frame, memory)) {
    check(decoder.complaint().code != ErrorCode::none, "a complaint has a reason");
    const std::string_view id = decoder.request().id;
    check(id == "null" || id.find_first_not_of("-0123456789") == std::string_view::npos, "an id");
    return;
  }
  const Request& request = decoder.request();
  const std::string written = frame_of(request);
  if (written.size() > kFrameMax) {
    return;  // escapes made it longer
  }
  std::vector<char> other;
  check(decode(again, written, other), "what was understood is understood again");
  check(frame_of(again.request()) == written, "and as the same");
}

}  // namespace
}  // namespace plated

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  if (size > 0 && size <= plated::kFrameMax) {
    plated::read_frame({reinterpret_cast<const char*>(data), size});
  }
  return 0;
}
