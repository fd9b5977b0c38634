#include "net/operators/peer.h"

#include <pwd.h>
#include <sys/socket.h>

#include <vector>

namespace plated {

std::optional<Actor> actor_of(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
    return std::nullopt;
  }
  return Actor{peer.uid};
}

std::string account_of(const Actor& actor) {
  constexpr std::size_t kRoom = 16 * 1024;
  std::vector<char> room(kRoom);
  passwd entry{};
  passwd* found = nullptr;
  const int failed = ::getpwuid_r(actor.uid, &entry, room.data(), room.size(), &found);
  return failed != 0 || found == nullptr ? std::string() : std::string(found->pw_name);
}

}  // namespace plated
