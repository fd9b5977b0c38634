// The head of every answer of the public's doors: the one place that all of them go through.
// `Response` is one of Beast's.
#pragma once

#include <boost/beast/http/field.hpp>
#include <string>
#include <string_view>

#include "engine/types.h"
#include "net/protocol/http_date.h"
#include "net/web/answer_fields.h"

namespace plated {

// What every answer says, an upgrade among them, at `now`.
template <class Response>
void put_fields_of_all(const AnswerFields& fields, CivilTime now, Response& response) {
  namespace http = boost::beast::http;
  response.set(http::field::server, "plated");
  response.set(http::field::date, http_date(now));
  for (const auto& [name, value] : fields.of_all()) {
    response.set({name.data(), name.size()}, value);
  }
}

// Status and fields of `reply`; whether the connection goes on, and the body, are the caller's.
template <class Response>
void put_head(const HttpReply& reply, const AnswerFields& fields, CivilTime now,
              Response& response) {
  namespace http = boost::beast::http;
  response.result(reply.status);
  response.set(http::field::server, "plated");
  response.set(http::field::date, http_date(now));
  for (const auto& [name, value] : fields.of(reply)) {
    response.insert({name.data(), name.size()}, value);
  }
  if (reply.status != 304 && reply.status != 204) {
    response.set(http::field::content_type, {reply.content_type.data(), reply.content_type.size()});
    response.content_length(reply.body.size());
  }
}

}  // namespace plated
