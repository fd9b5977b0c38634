// How many files, sockets among them, a process may have open.
#pragma once

#include <cstddef>

namespace plated {

// Raises the process's limit to the most that it may have without asking anybody: from the soft to
// the hard limit. What it is then; a limit that cannot be read counts as none.
[[nodiscard]] std::size_t raise_descriptor_limit();

}  // namespace plated
