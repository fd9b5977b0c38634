// The header fields that every answer of the public's doors bears, whatever it says and whoever
// makes it: what a browser may do with it, that it stays with TLS, and that nobody keeps a copy of
// what does not say that it may be kept. net/server/answer_head.h is the one place that writes
// them: pages, errors, the upgrade to a WebSocket and the door of a start pass through it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/web/http_reply.h"

namespace plated {

class AnswerFields {
 public:
  using Field = std::pair<std::string_view, std::string>;
  struct Site {
    bool secure = false;     // people come over TLS, spoken here or by a proxy in front
    std::string public_url;  // may be empty
  };

  explicit AnswerFields(const Site& site);

  // What an answer says, in this order: what all say, what a refusal for want of a ticket says, and
  // the answer's own fields; without a word on keeping it, that nobody keeps it.
  [[nodiscard]] std::vector<Field> of(const HttpReply& reply) const;
  // What all say.
  [[nodiscard]] std::span<const Field> of_all() const { return of_all_; }

 private:
  std::vector<Field> of_all_;
};

}  // namespace plated
