// That somebody has read personal data is a fact of its own, and stands in the log before the
// answer leaves. Part of topics.h.
#include <simdjson.h>

#include "net/operators/topics.h"

namespace plated {
namespace {

// What was read may be named by whoever asked, in bytes of their choice.
std::string shown(std::string_view text) {
  if (!simdjson::validate_utf8(text.data(), text.size())) {
    return "(not UTF-8)";
  }
  std::size_t end = std::min(text.size(), kReadingTextMax);
  while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) {
    --end;  // not within a character
  }
  return std::string(text.substr(0, end)) + (end < text.size() ? "…" : "");
}

}  // namespace

std::optional<OperatorAnswer> note_reading(const AdminCall& call, std::string_view what) {
  std::string text = "read " + shown(what);
  if (!call.request.actor_name.empty()) {
    text += ", as " + shown(call.request.actor_name);
  }
  const Verdict noted = call.engine.note_action(text, call.actor());
  if (noted.ok()) {
    return std::nullopt;
  }
  return refuse_request(503, "overloaded",
                        "who reads about people is recorded, and the log has no room for that now "
                        "(it is behind, or the disk is full); nothing was read");
}

}  // namespace plated
