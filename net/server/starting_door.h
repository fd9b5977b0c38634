// The public door while there is no service behind it yet: a start that reads a long log takes its
// time, and whoever looks after servers must be able to tell it from one that is dead. /healthz is
// 200, /readyz 503 with how far the start is, everything else 503. One thread of its own.
//
// The port is taken at once, so that one that is in use is found before anything else is done; in
// the end the listening socket itself is handed over, so that nobody is ever refused in between.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <boost/system/error_code.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "net/web/public_http.h"

namespace plated {

// What is answered to a request for `target` as long as `reason` holds.
[[nodiscard]] HttpReply starting_reply(std::string_view target, const std::string& reason);

class StartingDoor {
 public:
  // `reason` says why there is no service yet; it is asked on the door's thread. `tls` may be null.
  StartingDoor(std::function<std::string()> reason, boost::asio::ssl::context* tls);
  // Closes the port, unless it was handed over.
  ~StartingDoor();
  StartingDoor(const StartingDoor&) = delete;
  StartingDoor& operator=(const StartingDoor&) = delete;

  // Listens and answers from now on. An error says what the system said.
  [[nodiscard]] boost::system::error_code open(const std::string& address, uint16_t port);
  [[nodiscard]] uint16_t port() const;

  // Takes nobody new; who is inside is still answered, so the door must live on for that. The
  // socket still listens: who comes now waits in its queue. It is the caller's.
  [[nodiscard]] int hand_over();

 private:
  class Hall;
  std::unique_ptr<Hall> hall_;
};

}  // namespace plated
