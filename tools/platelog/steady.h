// Work on a directory that a running server is using: what fails because a file was retired between
// the listing and the opening is done again.
#pragma once

#include <string>
#include <vector>

#include "persistence/file_system.h"

namespace plated {

// `work` returns a Status or a Result. A failure counts when the directory holds the same names as
// before the attempt.
template <class Work>
auto on_steady_files(FileSystem& files, const std::string& directory, const Work& work) {
  constexpr int kAttemptsMax = 10;
  auto names = files.list(directory);
  auto done = work();
  for (int i = 1; i < kAttemptsMax && !done.ok(); ++i) {
    auto again = files.list(directory);
    if (!again.ok() || !names.ok() || again.value == names.value) {
      break;
    }
    names = std::move(again);
    done = work();
  }
  return done;
}

}  // namespace plated
