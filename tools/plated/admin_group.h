// The group that the operators' socket is given to: who that is on this machine, and whether they
// can get to it. Reads what the system knows and changes nothing.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

namespace plated {

// The group's number; a number is one whether it has a name on this machine or not.
[[nodiscard]] std::optional<gid_t> group_called(const std::string& name);

// Whether this process may give a file to the group: root may, and others to groups they are in.
[[nodiscard]] bool may_give_to(gid_t number);

// The first directory on the way to the socket through which the group cannot go; empty: there is
// none. One that is not there yet counts as open to it.
[[nodiscard]] std::string barred_directory(const std::string& socket, gid_t number);

}  // namespace plated
