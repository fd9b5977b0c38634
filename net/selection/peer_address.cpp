#include "net/selection/peer_address.h"

#include <arpa/inet.h>

#include <algorithm>

#include "engine/check.h"

namespace plated {
namespace {

// The first twelve bytes of ::ffff:0:0/96.
constexpr std::array<uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

}  // namespace

PeerAddress normalised(PeerAddress address) {
  if (address.family != PeerAddress::Family::v6 ||
      !std::equal(kMapped.begin(), kMapped.end(), address.ip.begin())) {
    return address;
  }
  PeerAddress v4{{}, address.port, PeerAddress::Family::v4};
  std::copy(address.ip.begin() + kMapped.size(), address.ip.end(), v4.ip.begin());
  return v4;
}

std::string text_of(const PeerAddress& address) {
  if (address.family == PeerAddress::Family::unknown) {
    return "unknown";
  }
  const bool v6 = address.family == PeerAddress::Family::v6;
  std::array<char, INET6_ADDRSTRLEN> text{};
  const char* const written = ::inet_ntop(v6 ? AF_INET6 : AF_INET, address.ip.data(), text.data(),
                                          static_cast<socklen_t>(text.size()));
  check(written != nullptr, "every address has a text");
  const std::string port = ":" + std::to_string(address.port);
  return v6 ? "[" + std::string(written) + "]" + port : written + port;
}

}  // namespace plated
