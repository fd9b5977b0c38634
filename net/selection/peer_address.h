// Where a connection comes from: address and port of the other end as the kernel told them at
// accept, before a byte was read. Kept for as long as the connection lives, by the connection.
// Behind a proxy it is the proxy's.
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace plated {

struct PeerAddress {
  enum class Family : uint8_t { unknown, v4, v6 };

  // Of an IPv4 address the first four; the rest is zero. One that was mapped into IPv6
  // (::ffff:192.0.2.1) is IPv4 here, so that one peer has one address whatever socket took it in.
  std::array<uint8_t, 16> ip{};
  uint16_t port = 0;
  Family family = Family::unknown;

  friend bool operator==(const PeerAddress&, const PeerAddress&) = default;
};

// Makes a v6 address a v4 one where that is what it maps; leaves every other alone.
[[nodiscard]] PeerAddress normalised(PeerAddress address);

// "192.0.2.1:4711", "[2001:db8::1]:4711", or "unknown".
[[nodiscard]] std::string text_of(const PeerAddress& address);

}  // namespace plated
