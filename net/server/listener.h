// Accepts connections for one net thread. Every thread has a listener of its own on the same
// address (SO_REUSEPORT), and the kernel shares the connections out. Belongs to its thread, but for
// `open`, which comes before the thread runs.
#pragma once

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <string>

#include "net/io/doorkeeper.h"
#include "net/selection/peer_address.h"
#include "net/server/net_thread.h"

namespace plated {

using Acceptor = boost::asio::basic_socket_acceptor<boost::asio::ip::tcp,
                                                    boost::asio::io_context::executor_type>;

// Listens at address:port (0: any port), together with others that do so by this function. An error
// says what the system said. `first` also makes sure that no other process is there already: with
// SO_REUSEPORT two servers would share the port and never notice.
[[nodiscard]] boost::system::error_code open_acceptor(Acceptor& acceptor,
                                                      const std::string& address, uint16_t port,
                                                      bool first);

// The descriptor of a connection that waits to be accepted, non-blocking and without delay (Nagle),
// and where it comes from, normalised; -1 and an error when there is none, would_block among them.
[[nodiscard]] int accept_now(Acceptor& acceptor, PeerAddress& peer,
                             boost::system::error_code& error);

class Listener {
 public:
  explicit Listener(NetThread& thread);
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // As open_acceptor.
  [[nodiscard]] boost::system::error_code open(const std::string& address, uint16_t port,
                                               bool first);
  // Takes over a socket that listens already.
  [[nodiscard]] boost::system::error_code adopt(int listening);
  [[nodiscard]] uint16_t port() const;

  void accept() { doorkeeper_.stand(); }
  // Takes nobody new. On the listener's thread.
  void close();

 private:
  [[nodiscard]] boost::system::error_code let_in();
  void complain(const boost::system::error_code& error);

  NetThread& thread_;
  Acceptor acceptor_;
  Doorkeeper<Acceptor> doorkeeper_;
};

}  // namespace plated
