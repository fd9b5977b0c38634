// A door at which every request is answered by one function, and the connection ends: what a server
// has before its service and beside it. One thread of its own, on which the function is called.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "net/web/answer_fields.h"
#include "net/web/http_reply.h"

namespace plated {

class PlainDoor {
 public:
  using Answer = std::function<HttpReply(std::string_view method, std::string_view target)>;
  static constexpr std::size_t kVisitorsMax = 1000;

  // `tls` may be null. Of more than `visitors_max` at once the later ones are turned away.
  PlainDoor(Answer answer, AnswerFields fields, boost::asio::ssl::context* tls,
            std::size_t visitors_max = kVisitorsMax);
  // Closes the port, unless it was handed over.
  ~PlainDoor();
  PlainDoor(const PlainDoor&) = delete;
  PlainDoor& operator=(const PlainDoor&) = delete;

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
