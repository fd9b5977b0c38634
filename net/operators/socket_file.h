// The place in the file system at which the operators' socket will stand. Each function returns
// what is wrong, with the path; empty: nothing is.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

namespace plated {

[[nodiscard]] std::string file_fault(const std::string& what, int error);

// A directory that is not there yet is made for the group that is to reach the socket in it.
[[nodiscard]] std::string make_socket_directory(const std::string& at, std::optional<gid_t> group);

// Removes a socket file on which nobody answers.
[[nodiscard]] std::string make_socket_room(const std::string& at);

}  // namespace plated
