// Tickets: the input as a whole token, and as the two parts of one that is signed rightly. Nobody
// gets in without a signature, and whoever does is an owner whose time has not run out.
#include <sodium.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "engine/check.h"
#include "net/protocol/ticket.h"

namespace plated {
namespace {

constexpr CivilTime kNow{Millis{1'772'589'600'000}};

std::string base64url(std::string_view bytes) {
  std::string text(
      sodium_base64_encoded_len(bytes.size(), sodium_base64_VARIANT_URLSAFE_NO_PADDING), '\0');
  sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                    bytes.size(), sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  text.pop_back();
  return text;
}

std::string signed_token(const TicketKey& key, std::string_view header, std::string_view payload) {
  std::string token = base64url(header) + "." + base64url(payload);
  std::string mac(crypto_auth_hmacsha256_BYTES, '\0');
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, key.data(), key.size());
  crypto_auth_hmacsha256_update(&state, reinterpret_cast<const unsigned char*>(token.data()),
                                token.size());
  crypto_auth_hmacsha256_final(&state, reinterpret_cast<unsigned char*>(mac.data()));
  return token + "." + base64url(mac);
}

void read_ticket(std::string_view input) {
  TicketKey key{};
  key.fill(3);
  const TicketVerifier shared(TicketAlgorithm::hs256, key);
  const TicketVerifier pair(TicketAlgorithm::eddsa, key);
  for (const TicketVerifier* verifier : {&shared, &pair}) {
    const auto outcome = verifier->verify(input, kNow);
    check(std::holds_alternative<TicketError>(outcome), "a signature is not found by chance");
    check(!message_of(std::get<TicketError>(outcome)).empty(), "an error is told");
  }
  const std::size_t half = input.find('\n');
  const std::string_view header =
      half == std::string_view::npos ? R"({"alg":"HS256"})" : input.substr(0, half);
  const std::string_view payload = half == std::string_view::npos ? input : input.substr(half + 1);
  const std::string token = signed_token(key, header, payload);
  check(std::holds_alternative<TicketError>(pair.verify(token, kNow)), "the algorithm is ours");
  const auto outcome = shared.verify(token, kNow);
  if (const auto* ticket = std::get_if<Ticket>(&outcome)) {
    check(is_owner_id(ticket->owner) && ticket->expires > kNow, "an owner, and in time");
    const CivilTime end = ticket->expires - kTicketEndLeeway;
    const auto again = shared.verify(make_ticket(key, ticket->owner, end), kNow);
    check(std::get<Ticket>(again).owner == ticket->owner, "their own ticket lets them in too");
  }
}

}  // namespace
}  // namespace plated

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  plated::read_ticket({reinterpret_cast<const char*>(data), size});
  return 0;
}
