// What clients saw of a server, as they wrote it down: requests with their answers, pushes, what
// operators asked, and when the server was killed and started. One JSON object a line; the kinds of
// lines stand above `read_history`. Times are microseconds of one monotonic clock, taken before a
// request is sent and after its answer has come, so the server decided in between.
//
// The words are those of the protocol. Nothing of the server's code is used here. For tests only.
#pragma once

#include <cstdint>
#include <istream>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/linearizability/search.h"

namespace plated::linearizability {

// Plates by the place of their text in History::plates.
using PlateId = uint32_t;
inline constexpr PlateId kNoPlate = 0;
inline constexpr PlateId kUnknownPlate = UINT32_MAX;

enum class Step : uint8_t { submit, notice, pick, done, issued, lapsed };
[[nodiscard]] std::string_view name_of(Step step);

struct Settings {
  std::string code;   // the right one
  std::string terms;  // the right version
  uint32_t draws = 0;
  uint32_t batch_size = 0;
  Micros batch_hold = 0;
  Micros shortlist_hold = 0;
  Micros verified_for = 0;
  Micros given_back = 0;  // what a crash may give back of a countdown
};

// From just before SIGKILL was sent until the process was gone; from just before the next was
// started until it answered.
struct Outage {
  Micros killed_at = 0;
  Micros dead_at = 0;
  Micros started_at = 0;
  Micros ready_at = 0;
};

struct Hold {
  std::vector<PlateId> plates;
  Micros left = 0;
};

// An application as it was told.
struct Document {
  Step step = Step::submit;
  uint32_t draws_left = 0;
  uint32_t draw = 0;
  std::optional<Hold> batch{};
  std::optional<Hold> shortlist{};
  PlateId fallback = kNoPlate;
  PlateId reserved = kNoPlate;
  bool automatic = false;
  std::optional<Micros> verified_left{};
  int64_t version = 0;
};

enum class Verb : uint8_t {
  vehicles,
  enter,
  send_code,
  submit,
  verify,
  draw,
  shortlist,
  confirm,
};
[[nodiscard]] std::string_view name_of(Verb verb);

// An owner's request. Without an answer its window is open.
struct Request {
  std::string client{};
  std::string owner{};
  std::string vehicle{};
  Verb verb = Verb::enter;
  bool malformed = false;  // its form is wrong, whatever the application's state
  uint32_t draw = 0;
  PlateId plate = kNoPlate;
  std::string code{};
  std::string terms{};
  Step code_for = Step::submit;  // of `send_code`: the step in which the code can be used
  Window window{};
  bool answered = false;
  std::string error{};                 // its code; empty: ok
  std::optional<Document> document{};  // of an ok that tells the application
  std::optional<Step> step{};          // of `vehicles`
};

// An application that was told unasked. It was so at one instant of the window.
struct Push {
  std::string client;
  std::string vehicle;
  Window window;
  Document document;
};

enum class OperatorVerb : uint8_t { look, issue, void_reservation };

struct OperatorAct {
  OperatorVerb verb = OperatorVerb::look;
  PlateId plate = kNoPlate;
  Window window;
  bool answered = false;
  bool ok = false;
  std::string state;    // what `look` says of the plate
  std::string vehicle;  // and who has it, if it says so
};

struct History {
  Settings settings;
  std::vector<Outage> outages;
  std::map<std::string, std::string> owners;  // vehicle to owner
  std::vector<Request> requests;
  std::vector<Push> pushes;
  std::vector<OperatorAct> acts;
  std::vector<std::string> plates{""};

  // Until when a request that was called at `at` may take effect: a killed server does nothing any
  // more, even if what it had answered was read later.
  [[nodiscard]] Micros may_act_until(Micros at) const;
  [[nodiscard]] std::string text_of(PlateId plate) const;
};

// Reads lines of these kinds, in any order but for the first:
//   {"kind": "settings", "code", "terms", "draws", "batch_size", "batch_hold_ms",
//   "shortlist_hold_ms",
//    "verified_for_ms", "given_back_ms", "owners": {vehicle: owner}}
//   {"kind": "request", "client", "owner", "vehicle", "op", "call", and what the op carries,
//   "malformed"
//    if it is; with an answer "return" and "ok" or "error", as the protocol has them}
//   {"kind": "push", "client", "vehicle", "after", "return", "application"}
//   {"kind": "operator", "op": "look" | "issue" | "void", "plate", "call"; with an answer "return",
//    "ok": true or false, and for "look" "state" and "vehicle"}
//   {"kind": "outage", "killed_at", "dead_at", "started_at", "ready_at"}
// What is wrong with a line is said in `fault`, with its number; then the history is worth nothing.
[[nodiscard]] History read_history(std::istream& lines, std::string& fault);

}  // namespace plated::linearizability
