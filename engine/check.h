// The invariant check that stays on in release: a broken invariant stops the process at once, before
// it can be written down. It is for our own mistakes only; input from a peer is never checked with it.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <source_location>

namespace plated {

[[noreturn]] inline void fail_check(const char* what, const std::source_location& where) {
  std::fprintf(stderr, "plated: broken invariant: %s (%s:%u in %s)\n", what, where.file_name(),
               static_cast<unsigned>(where.line()), where.function_name());
  std::abort();
}

// Requires `holds`; otherwise prints `what` with the place of the call and aborts.
inline void check(bool holds, const char* what,
                  const std::source_location& where = std::source_location::current()) {
  if (!holds) [[unlikely]] {
    fail_check(what, where);
  }
}

}  // namespace plated
