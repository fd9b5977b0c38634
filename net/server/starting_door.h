// The public door while there is no service behind it yet: a start that reads a long log takes its
// time, and whoever looks after servers must be able to tell it from one that is dead. /healthz is
// 200, /readyz 503 with how far the start is, everything else 503.
//
// The port is taken at once, so that one that is in use is found before anything else is done; in
// the end the listening socket itself is handed over, so that nobody is ever refused in between.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "net/server/plain_door.h"

namespace plated {

// What is answered to a request for `target` as long as `reason` holds.
[[nodiscard]] HttpReply starting_reply(std::string_view target, const std::string& reason);

// `reason` says why there is no service yet; it is asked on the door's thread.
class StartingDoor : public PlainDoor {
 public:
  StartingDoor(std::function<std::string()> reason, AnswerFields fields,
               boost::asio::ssl::context* tls, std::size_t visitors_max = kVisitorsMax)
      : PlainDoor(
            [reason = std::move(reason)](std::string_view, std::string_view target) {
              return starting_reply(target, reason());
            },
            std::move(fields), tls, visitors_max) {}
};

}  // namespace plated
