// Who is at the other end of an operator's connection, as the kernel and the system's accounts
// tell.
#pragma once

#include <optional>
#include <string>

#include "engine/service_events.h"

namespace plated {

// The user of the process that connected; nothing where the kernel does not say.
[[nodiscard]] std::optional<Actor> actor_of(int socket);

// What their account is called now; empty where the system does not know. The log keeps it beside
// the number, which may be another person's one day. May wait for a directory of users.
[[nodiscard]] std::string account_of(const Actor& actor);

}  // namespace plated
