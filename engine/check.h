// The invariant check that stays on in release: a broken invariant stops the process at once,
// before it can be written down. It is for our own mistakes only; input from a peer is never
// checked with it.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace plated {

// Prints what is broken and where, and aborts. For check() alone.
[[noreturn]] inline void fail_check(const char* what, const char* file, unsigned line,
                                    const char* function) {
  std::fprintf(stderr, "plated: broken invariant: %s (%s:%u in %s)\n", what, file, line, function);
  std::abort();
}

// Requires `holds`; otherwise prints `what` with the place of the call and aborts. The place comes
// from the compilers' own default arguments because clang 14 has no std::source_location yet.
inline void check(bool holds, const char* what, const char* file = __builtin_FILE(),
                  unsigned line = __builtin_LINE(), const char* function = __builtin_FUNCTION()) {
  if (!holds) [[unlikely]] {
    fail_check(what, file, line, function);
  }
}

}  // namespace plated
