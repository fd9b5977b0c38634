// How far long work is, for whoever started it: on a terminal one line that is drawn again and
// again and wiped at the end; elsewhere, where every line is kept, a plain one now and then. Not
// thread-safe.
#pragma once

#include <chrono>
#include <cstdio>
#include <string>

namespace plated {

class ProgressLine {
 public:
  enum class Kind { terminal, plain, silent };

  // On the standard error output: `terminal` if it is one, else `otherwise`.
  explicit ProgressLine(Kind otherwise);
  ProgressLine(std::FILE* out, Kind kind) : out_(out), kind_(kind) {}
  ~ProgressLine() { wipe(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  // Cheap to call often: draws at most ten times a second, or a plain line every ten seconds.
  void show(const std::string& text,
            std::chrono::steady_clock::time_point now = std::chrono::steady_clock::now());
  // Takes the line off the terminal, before something else is printed.
  void wipe();

 private:
  std::FILE* const out_;
  const Kind kind_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point next_{};
  bool begun_ = false;
};

}  // namespace plated
