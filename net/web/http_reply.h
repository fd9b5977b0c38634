// A request over plain HTTP as its fields, and what is said to it. Values: who moves the bytes, and
// what every answer bears beside its own fields, is written elsewhere (answer_fields.h).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/types.h"

namespace plated {

struct HttpRequest {
  std::string_view method;
  std::string_view target;
  std::string_view accept_encoding;
  std::string_view if_none_match;
  std::string_view accept_language = {};
  std::string_view cookie = {};
  std::string_view fetch_site = {};  // Sec-Fetch-Site: where a browser says that it comes from
};

struct HttpReply {
  unsigned status = 200;
  std::string_view content_type = "text/plain; charset=utf-8";
  std::vector<std::pair<std::string_view, std::string>> fields;  // beside those of every reply
  std::shared_ptr<const std::string> text;  // keeps `body` alive where it was made for this reply
  std::string_view body;
  Sequence rests_on;  // not to be said before this is durable

  void set_body(std::string made) {
    text = std::make_shared<const std::string>(std::move(made));
    body = *text;
  }
};

[[nodiscard]] inline HttpReply made(std::string_view content_type, std::string text) {
  HttpReply reply;
  reply.content_type = content_type;
  reply.set_body(std::move(text));
  return reply;
}

inline void keep_nowhere(HttpReply& reply) {
  reply.fields.emplace_back("Cache-Control", "no-store");
}

inline constexpr std::string_view kHtml = "text/html; charset=utf-8";

// A page for whoever asked, and for nobody else.
[[nodiscard]] inline HttpReply own_page(unsigned status, std::string html) {
  HttpReply reply = made(kHtml, std::move(html));
  reply.status = status;
  keep_nowhere(reply);
  return reply;
}

// For what is no upgrade to a WebSocket, or one of another version (RFC 6455, 4.4).
[[nodiscard]] inline HttpReply upgrade_required(std::string why) {
  HttpReply reply;
  reply.status = 426;
  reply.set_body(std::move(why));
  reply.fields.emplace_back("Upgrade", "websocket");
  reply.fields.emplace_back("Connection", "upgrade");
  reply.fields.emplace_back("Sec-WebSocket-Version", "13");
  return reply;
}

[[nodiscard]] inline HttpReply redirect(std::string to) {
  HttpReply reply;
  reply.status = 303;
  reply.body = "see other\n";
  reply.fields.emplace_back("Location", std::move(to));
  keep_nowhere(reply);
  return reply;
}

}  // namespace plated
