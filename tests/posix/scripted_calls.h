// The operating system's calls under posix_file_system(), as a test wants them to answer: linked in
// their place (ld --wrap), they pass on to the real ones unless the script says otherwise. A binary
// of its own, because it concerns every call that the binary makes. Thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>

namespace plated {

// What happens to the calls it names, from the `at`-th on (1 is the next), for `times` of them:
// they fail with `error`, or, without one, move at most `bytes`.
struct CallScript {
  std::set<std::string> calls;
  uint64_t at = 1;
  uint64_t times = 1;
  int error = 0;
  std::size_t bytes = SIZE_MAX;
};

// In force as long as it lives; one at a time.
class ScriptedCalls {
 public:
  explicit ScriptedCalls(CallScript script);
  ~ScriptedCalls();
  ScriptedCalls(const ScriptedCalls&) = delete;
  ScriptedCalls& operator=(const ScriptedCalls&) = delete;

  // Calls that the script was about, and those of them that it changed.
  [[nodiscard]] static uint64_t seen();
  [[nodiscard]] static uint64_t changed();
};

}  // namespace plated
