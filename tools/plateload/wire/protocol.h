// The public protocol as a load client needs it: requests written, frames read. It tolerates fields
// that it does not know and misses none that it needs. No sockets.
#pragma once

#include <simdjson.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace plated::load {

// What a load asks for. `repeat` is a draw sent again with its number, which changes nothing;
// `nonsense` is whatever no client should send.
enum class Op : uint8_t {
  enter,
  send_code,
  submit,
  verify,
  draw,
  shortlist,
  confirm,
  repeat,
  nonsense,
};
inline constexpr std::size_t kOps = 9;
inline constexpr std::array<std::string_view, kOps> kOpNames = {
    "enter", "send_code", "submit", "verify", "draw", "shortlist", "confirm", "repeat", "nonsense"};
[[nodiscard]] constexpr std::string_view name_of(Op op) {
  return kOpNames[static_cast<std::size_t>(op)];
}

enum class WalkStep : uint8_t { submit, notice, pick, done, issued, lapsed };

struct Reservation {
  std::string plate;
  uint64_t sequence = 0;
  bool automatic = false;
  friend bool operator==(const Reservation&, const Reservation&) = default;
};

// The application document, less what no load client looks at.
struct Document {
  std::string vehicle;
  WalkStep step = WalkStep::submit;
  int64_t draws_left = 0;
  int64_t draw = 0;
  std::optional<std::vector<std::string>> batch;
  std::optional<std::vector<std::string>> shortlist;
  std::optional<Reservation> reservation;
  std::string fallback;  // empty: none
  std::string terms;
  int64_t version = 0;
};

enum class MessageKind : uint8_t {
  answer,       // `ok`, with `document` where it is an application
  refusal,      // `error`
  application,  // pushed: `document`
  waiting,
  admitted,
  bye,
  other_event,
};

struct Message {
  MessageKind kind = MessageKind::answer;
  std::optional<int64_t> id;
  std::optional<Document> document;
  std::string raw_document;            // the application as the server wrote it
  std::string code;                    // of a refusal
  std::string text;                    // its message
  std::optional<int64_t> retry_in_ms;  // of a refusal, or reconnect_in_ms of a bye
};

// Reads frames one after another, reusing its memory. One per thread.
class MessageReader {
 public:
  // The frame as a message, or nullopt when it is none of this protocol.
  [[nodiscard]] std::optional<Message> read(std::string_view frame);

  // An application document alone, as a journal keeps it.
  [[nodiscard]] std::optional<Document> read_document(std::string_view text);

 private:
  simdjson::ondemand::parser parser_;
  std::string padded_;
};

// One request of a walk. Fields that an op does not have are ignored.
struct Request {
  Op op = Op::enter;
  std::string vehicle;
  std::string purpose;  // of send_code: submit or verify
  std::string code;
  std::string terms;
  std::string plate;
  int64_t draw = 0;
  bool without4 = false;
};

[[nodiscard]] std::string encode(const Request& request, int64_t id);

}  // namespace plated::load
