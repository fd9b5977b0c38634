#include "tools/plated/core_dumps.h"

#include <sys/prctl.h>

#include "engine/check.h"

namespace plated {

CoreDumpsBefore forbid_core_dumps() {
  CoreDumpsBefore before;
  check(::getrlimit(RLIMIT_CORE, &before.size) == 0, "every process has a limit of its cores");
  before.dumpable = ::prctl(PR_GET_DUMPABLE);
  const rlimit none{0, before.size.rlim_max};
  // A lower limit is never refused. The limit is for a core that is a file, the other for one that
  // the kernel hands to a program, and for whoever looks into the process.
  check(::setrlimit(RLIMIT_CORE, &none) == 0 && ::prctl(PR_SET_DUMPABLE, 0) == 0,
        "a process may forbid its cores");
  return before;
}

void allow_core_dumps(const CoreDumpsBefore& before) {
  check(::setrlimit(RLIMIT_CORE, &before.size) == 0, "a limit that was held may be set again");
  // The kernel's own answer for a process that changed its user (2) cannot be set; it stays at 0.
  if (before.dumpable == 1) {
    check(::prctl(PR_SET_DUMPABLE, 1) == 0, "a process may allow its cores");
  }
}

void forbid_core_dumps_for_good() {
  const rlimit none{0, 0};
  check(::setrlimit(RLIMIT_CORE, &none) == 0, "a process may forbid its cores");
}

}  // namespace plated
