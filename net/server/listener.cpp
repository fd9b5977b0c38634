#include "net/server/listener.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>
#include <cstring>

namespace plated {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr int kBacklog = 4096;

// Copied out, because the bytes are another type's.
template <class Of>
Of address_in(const sockaddr_storage& from) {
  Of address;
  std::memcpy(&address, &from, sizeof address);
  return address;
}

PeerAddress peer_of(const sockaddr_storage& from) {
  PeerAddress peer;
  if (from.ss_family == AF_INET) {
    const auto v4 = address_in<sockaddr_in>(from);
    peer.family = PeerAddress::Family::v4;
    peer.port = ntohs(v4.sin_port);
    std::memcpy(peer.ip.data(), &v4.sin_addr, sizeof v4.sin_addr);
  } else if (from.ss_family == AF_INET6) {
    const auto v6 = address_in<sockaddr_in6>(from);
    peer.family = PeerAddress::Family::v6;
    peer.port = ntohs(v6.sin6_port);
    std::memcpy(peer.ip.data(), &v6.sin6_addr, sizeof v6.sin6_addr);
  }
  return normalised(peer);
}

}  // namespace

Listener::Listener(NetThread& thread)
    : thread_(thread),
      acceptor_(thread.context()),
      doorkeeper_(
          acceptor_, [this] { return let_in(); },
          [this](const boost::system::error_code& error) { complain(error); }) {}

boost::system::error_code open_acceptor(Acceptor& acceptor, const std::string& address,
                                        uint16_t port, bool first) {
  boost::system::error_code error;
  const asio::ip::address at = asio::ip::make_address(address, error);
  if (error) {
    return error;
  }
  const tcp::endpoint endpoint(at, port);
  if (first && port != 0) {
    Acceptor alone(acceptor.get_executor());
    alone.open(endpoint.protocol(), error);
    if (!error) {
      alone.set_option(tcp::acceptor::reuse_address(true), error);
    }
    if (!error) {
      alone.bind(endpoint, error);
    }
    if (!error) {
      alone.listen(1, error);
    }
    if (error) {
      return error;
    }
  }
  acceptor.open(endpoint.protocol(), error);
  if (!error) {
    acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  }
  if (error) {
    return error;
  }
  const int on = 1;
  if (::setsockopt(acceptor.native_handle(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0) {
    return {errno, boost::system::system_category()};
  }
  acceptor.bind(endpoint, error);
  if (!error) {
    acceptor.listen(kBacklog, error);
  }
  return error;
}

int accept_now(Acceptor& acceptor, PeerAddress& peer, boost::system::error_code& error) {
  sockaddr_storage from{};
  socklen_t size = sizeof from;
  const int descriptor = ::accept4(acceptor.native_handle(), reinterpret_cast<sockaddr*>(&from),
                                   &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (descriptor < 0) {
    error = {errno, boost::system::system_category()};
    return descriptor;
  }
  peer = peer_of(from);
  const int on = 1;
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  // Urgent data is data like any other: reads would end before it, as if nothing followed.
  ::setsockopt(descriptor, SOL_SOCKET, SO_OOBINLINE, &on, sizeof on);
  return descriptor;
}

boost::system::error_code Listener::open(const std::string& address, uint16_t port, bool first) {
  return open_acceptor(acceptor_, address, port, first);
}

boost::system::error_code Listener::adopt(int listening) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(listening, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return {errno, boost::system::system_category()};
  }
  boost::system::error_code error;
  acceptor_.assign(address.ss_family == AF_INET6 ? tcp::v6() : tcp::v4(), listening, error);
  return error;
}

uint16_t Listener::port() const {
  boost::system::error_code error;
  return acceptor_.local_endpoint(error).port();
}

boost::system::error_code Listener::let_in() {
  boost::system::error_code error;
  PeerAddress peer;
  const int descriptor = accept_now(acceptor_, peer, error);
  if (!error && !thread_.admit(descriptor, peer)) {
    error = asio::error::would_block;
  }
  return error;
}

void Listener::complain(const boost::system::error_code& error) {
  thread_.complain(
      "accept " + std::to_string(error.value()),
      "no connection can be accepted: " + error.message() + "; who comes now has to wait");
}

void Listener::close() {
  boost::system::error_code error;
  acceptor_.close(error);
  doorkeeper_.leave();
}

}  // namespace plated
