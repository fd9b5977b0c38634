#include "engine/lobby_order.h"

#include <sodium.h>

#include <string>
#include <string_view>
#include <utility>

#include "engine/check.h"
#include "engine/plate.h"
#include "engine/word_stream.h"

namespace plated {
namespace {

constexpr std::string_view kName = "plated lobby";

void add_number(std::string& message, uint64_t number, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) {
    message.push_back(static_cast<char>(number >> (8 * i)));
  }
}

void add_field(std::string& message, std::string_view field) {
  add_number(message, field.size(), 4);
  message += field;
}

}  // namespace

LobbySeed lobby_seed(const DrawSecret& secret, OfficeCode office, CivilTime opening) {
  std::string message;
  add_field(message, kName);
  add_field(message, text_of(office).view());
  std::string moment;
  add_number(moment, static_cast<uint64_t>(opening.time_since_epoch().count()), 8);
  add_field(message, moment);
  LobbySeed seed;
  const int failed =
      crypto_generichash(seed.data(), seed.size(), reinterpret_cast<const uint8_t*>(message.data()),
                         message.size(), secret.data(), secret.size());
  check(failed == 0, "a hash with a key of 32 bytes has no way to fail");
  return seed;
}

void order_lobby(const LobbySeed& seed, std::span<Waiter> waiters) {
  check(waiters.size() < kNoIndex, "a lobby's places are counted in 32 bits");
  WordStream words(seed);
  for (std::size_t left = waiters.size(); left > 1; --left) {
    const uint32_t chosen =
        uniform_below(static_cast<uint32_t>(left), [&words] { return words.next(); });
    std::swap(waiters[left - 1], waiters[chosen]);
  }
}

}  // namespace plated
