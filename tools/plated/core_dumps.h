// Whether the memory of this process may be written to a file when it dies (a core dump) or be read
// by others of its user (ptrace, /proc/PID/mem). It holds personal data while they are worked on,
// so neither is allowed unless debug.core_dumps says so. Called by main alone, before any thread
// begins.
#pragma once

#include <sys/resource.h>

namespace plated {

// How it was before: what allow_core_dumps restores.
struct CoreDumpsBefore {
  rlimit size{};
  int dumpable = 0;
};

// Nothing leaves from now on; to be called before any secret is read.
CoreDumpsBefore forbid_core_dumps();

// As it was before. The size of a core is still bounded by the limit that the process was given.
void allow_core_dumps(const CoreDumpsBefore& before);

// What forbid_core_dumps did holds for this process and those that it starts, whatever they ask
// for.
void forbid_core_dumps_for_good();

}  // namespace plated
