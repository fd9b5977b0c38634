#include "net/web/answer_fields.h"

#include <algorithm>

namespace plated {
namespace {

// The WebSocket's origin at a public address, for browsers (Safari before 15.4) to whom 'self' is
// HTTP only.
std::string socket_origin(std::string_view public_url) {
  if (!public_url.starts_with("http")) {
    return {};
  }
  const std::size_t host = public_url.find("://") + 3;
  std::string origin = " ws";
  origin += public_url.substr(4, std::min(public_url.find('/', host), public_url.size()) - 4);
  return origin;
}

}  // namespace

AnswerFields::AnswerFields(const Site& site)
    : of_all_{
          {"Content-Security-Policy",
           "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
           "font-src 'self'; connect-src 'self'" +
               socket_origin(site.public_url) +
               "; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"},
          {"X-Content-Type-Options", "nosniff"},
          {"X-Frame-Options", "DENY"},
          {"Referrer-Policy", "no-referrer"},
          {"Permissions-Policy", "camera=(), geolocation=(), microphone=()"},
          {"Cross-Origin-Opener-Policy", "same-origin"},
          {"Cross-Origin-Resource-Policy", "same-origin"},
      } {
  if (site.secure) {
    // For a year from each visit. Of this host alone: others under its name are not ours.
    of_all_.emplace_back("Strict-Transport-Security", "max-age=31536000");
  }
}

std::vector<AnswerFields::Field> AnswerFields::of(const HttpReply& reply) const {
  std::vector<Field> fields = of_all_;
  if (reply.status == 401) {
    fields.emplace_back("WWW-Authenticate", "Bearer");
  }
  fields.insert(fields.end(), reply.fields.begin(), reply.fields.end());
  const bool says_so =
      std::any_of(reply.fields.begin(), reply.fields.end(),
                  [](const Field& field) { return field.first == "Cache-Control"; });
  if (!says_so) {
    fields.emplace_back("Cache-Control", "no-store");
  }
  return fields;
}

}  // namespace plated
