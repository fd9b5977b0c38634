#include "tools/shell/progress_line.h"

#include <unistd.h>

namespace plated {
namespace {

constexpr std::chrono::milliseconds kRedraw{100};
constexpr std::chrono::seconds kPlainEvery{10};

}  // namespace

ProgressLine::ProgressLine(Kind otherwise)
    : ProgressLine(stderr, isatty(STDERR_FILENO) != 0 ? Kind::terminal : otherwise) {}

void ProgressLine::show(const std::string& text, std::chrono::steady_clock::time_point now) {
  if (kind_ == Kind::silent || (begun_ && now < next_)) {
    return;
  }
  if (kind_ == Kind::terminal) {
    std::fprintf(out_, "\r%s\x1b[K", text.c_str());
    next_ = now + kRedraw;
    drawn_ = true;
  } else {
    // Short work says nothing.
    if (begun_) {
      std::fprintf(out_, "%s\n", text.c_str());
    }
    next_ = now + kPlainEvery;
  }
  begun_ = true;
  std::fflush(out_);
}

void ProgressLine::wipe() {
  if (drawn_) {
    std::fputs("\r\x1b[K", out_);
    std::fflush(out_);
    drawn_ = false;
  }
}

}  // namespace plated
