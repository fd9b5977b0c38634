#include "net/server/starting_door.h"

namespace plated {

HttpReply starting_reply(std::string_view target, const std::string& reason) {
  HttpReply reply;
  const std::string_view path = target.substr(0, target.find('?'));
  if (path == "/healthz") {
    reply.body = "ok\n";
    return reply;
  }
  reply.status = 503;
  reply.set_body(reason + "\n");
  reply.fields.emplace_back("Retry-After", "1");
  return reply;
}

}  // namespace plated
