#include "net/protocol/message.h"

#include <array>

#include "engine/check.h"

namespace plated {
namespace {

constexpr std::array<std::string_view, kOps> kOpNames = {"vehicles",  "enter",  "leave",  "give_up",
                                                         "send_code", "submit", "verify", "draw",
                                                         "shortlist", "confirm"};

struct ErrorWords {
  ErrorCode code;
  std::string_view name;
  std::string_view message;
};

constexpr std::array<ErrorWords, kErrorCodes> kErrorWords = {{
    {ErrorCode::none, "ok", "done"},
    {ErrorCode::bad_request, "bad_request", "the request is not of the form that it should have"},
    {ErrorCode::unknown_op, "unknown_op", "there is no such op"},
    {ErrorCode::unauthorized, "unauthorized", "a valid ticket is needed"},
    {ErrorCode::not_your_vehicle, "not_your_vehicle", "the vehicle is not one of this owner's"},
    {ErrorCode::not_eligible, "not_eligible", "the vehicle cannot choose a plate online"},
    {ErrorCode::blacklisted, "blacklisted", "the owner may not select online for now"},
    {ErrorCode::not_open, "not_open", "the office is closed"},
    {ErrorCode::maintenance, "maintenance", "the office is in maintenance"},
    {ErrorCode::paused, "paused", "the office is paused, and so are all countdowns"},
    {ErrorCode::wrong_step, "wrong_step", "the application is at another step"},
    {ErrorCode::wrong_code, "wrong_code", "the code is not the one that was sent"},
    {ErrorCode::code_expired, "code_expired", "the code is no longer valid, or none was sent"},
    {ErrorCode::too_many_tries, "too_many_tries", "the code was tried too often; ask for another"},
    {ErrorCode::too_soon, "too_soon", "that was too soon; wait for as long as is said here"},
    {ErrorCode::terms_outdated, "terms_outdated", "there is a newer version of the terms"},
    {ErrorCode::no_draws_left, "no_draws_left", "every draw of this application is used"},
    {ErrorCode::wrong_draw_number, "wrong_draw_number",
     "the number is neither the next draw's nor the latest's"},
    {ErrorCode::all_held, "all_held", "every matching plate is held at the moment; none was drawn"},
    {ErrorCode::pool_empty, "pool_empty", "no matching plate is left"},
    {ErrorCode::not_in_batch, "not_in_batch", "the plate is not in the latest batch"},
    {ErrorCode::not_on_shortlist, "not_on_shortlist", "the plate is not on the shortlist"},
    {ErrorCode::expired, "expired", "the countdown has ended and the plate is free again"},
    {ErrorCode::already_confirmed, "already_confirmed", "another plate is confirmed already"},
    {ErrorCode::waiting, "waiting", "many are here; a place in the waiting room is kept"},
    {ErrorCode::overloaded, "overloaded", "too much is going on at once; nothing was done"},
    {ErrorCode::shutting_down, "shutting_down", "the service is about to stop; nothing was done"},
    {ErrorCode::internal, "internal", "something went wrong on our side"},
}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < kErrorCodes; ++i) {
    if (static_cast<std::size_t>(kErrorWords[i].code) != i) {
      return false;
    }
  }
  return true;
}
static_assert(in_order());

const ErrorWords& words_of(ErrorCode code) { return kErrorWords[static_cast<std::size_t>(code)]; }

}  // namespace

std::string_view name_of(Op op) { return kOpNames[static_cast<std::size_t>(op)]; }

std::string_view name_of(ErrorCode code) { return words_of(code).name; }

std::string_view message_of(ErrorCode code) { return words_of(code).message; }

ErrorCode error_of(Refusal refusal) {
  switch (refusal) {
    case Refusal::none:
      return ErrorCode::none;
    case Refusal::not_your_vehicle:
      return ErrorCode::not_your_vehicle;
    case Refusal::not_eligible:
      return ErrorCode::not_eligible;
    case Refusal::blacklisted:
      return ErrorCode::blacklisted;
    case Refusal::not_open:
      return ErrorCode::not_open;
    case Refusal::maintenance:
      return ErrorCode::maintenance;
    case Refusal::paused:
      return ErrorCode::paused;
    case Refusal::wrong_step:
      return ErrorCode::wrong_step;
    case Refusal::wrong_code:
      return ErrorCode::wrong_code;
    case Refusal::code_expired:
      return ErrorCode::code_expired;
    case Refusal::too_many_tries:
      return ErrorCode::too_many_tries;
    case Refusal::terms_outdated:
      return ErrorCode::terms_outdated;
    case Refusal::no_draws_left:
      return ErrorCode::no_draws_left;
    case Refusal::wrong_draw_number:
      return ErrorCode::wrong_draw_number;
    case Refusal::all_held:
      return ErrorCode::all_held;
    case Refusal::pool_empty:
      return ErrorCode::pool_empty;
    case Refusal::not_in_batch:
      return ErrorCode::not_in_batch;
    case Refusal::not_on_shortlist:
      return ErrorCode::not_on_shortlist;
    case Refusal::expired:
      return ErrorCode::expired;
    case Refusal::already_confirmed:
      return ErrorCode::already_confirmed;
    case Refusal::too_soon:
      return ErrorCode::too_soon;
    case Refusal::overloaded:
      return ErrorCode::overloaded;
    case Refusal::waiting:
      return ErrorCode::waiting;
  }
  check(false, "every refusal has an error code");
  return ErrorCode::internal;
}

}  // namespace plated
