// The decoded request of a client of /v1/select, and the closed set of error codes. Plain values
// without behaviour; codec.h makes them from text, dispatch.h answers them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/commands.h"
#include "engine/types.h"

namespace plated {

inline constexpr std::size_t kFrameMax = 4096;   // bytes of one message from a client
inline constexpr std::size_t kInFlightMax = 16;  // requests of one connection without an answer
inline constexpr std::size_t kWatchedMax = 32;   // vehicles that one connection has entered
inline constexpr std::string_view kSubprotocol = "plated.v1";

enum class Op : uint8_t {
  vehicles,
  enter,
  leave,
  give_up,
  send_code,
  submit,
  verify,
  draw,
  shortlist,
  confirm,
};
inline constexpr std::size_t kOps = 10;

// `none` comes first so that a table of outcomes has a place for success.
enum class ErrorCode : uint8_t {
  none,
  bad_request,
  unknown_op,
  unauthorized,
  not_your_vehicle,
  not_eligible,
  blacklisted,
  not_open,
  maintenance,
  paused,
  wrong_step,
  wrong_code,
  code_expired,
  too_many_tries,
  too_soon,
  terms_outdated,
  no_draws_left,
  wrong_draw_number,
  all_held,
  pool_empty,
  not_in_batch,
  not_on_shortlist,
  expired,
  already_confirmed,
  waiting,
  overloaded,
  shutting_down,
  internal,
};
inline constexpr std::size_t kErrorCodes = 28;

// The names of the protocol; of ErrorCode::none it is `ok`.
[[nodiscard]] std::string_view name_of(Op op);
[[nodiscard]] std::string_view name_of(ErrorCode code);
// A sentence for people who write clients.
[[nodiscard]] std::string_view message_of(ErrorCode code);
// The code that tells a client of the refusal; `none` for none.
[[nodiscard]] ErrorCode error_of(Refusal refusal);

// One request. Texts point into the decoder and live until it decodes the next frame. Members that
// the op does not have keep their defaults.
struct Request {
  std::string_view id = "null";  // as JSON: the client's own digits, or null
  Op op = Op::vehicles;
  std::string_view vehicle;
  OfficeCode office;
  std::string_view after;  // empty: from the beginning
  CodePurpose purpose = CodePurpose::submit;
  std::string_view code;
  std::string_view terms;
  uint32_t draw = 0;
  bool without4 = false;
  Plate plate;
};

// An error answer: its code, and what else can be said about it.
struct Complaint {
  ErrorCode code = ErrorCode::bad_request;
  std::string_view message{};  // empty: message_of(code)
  std::string_view field{};    // empty: none
  std::optional<Millis> retry_in{};
  std::optional<CivilTime> until{};
  const PlaceView* place = nullptr;  // with waiting; lives as long as the complaint
};

}  // namespace plated
