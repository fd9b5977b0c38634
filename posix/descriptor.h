// A file descriptor that closes itself, and what is always the same about calls on one. For every
// room that speaks to the operating system by itself; knows nothing else of plated. A
// descriptor is one thread's at a time.
#pragma once

#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <utility>

namespace plated {

// Makes a call of the system, and makes it again for as long as a signal interrupts it. Gives what
// the call gave; errno says why when that is negative.
template <class Call>
auto retry_interrupted(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) {
    result = call();
  }
  return result;
}

class Descriptor {
 public:
  // None.
  Descriptor() = default;
  // Owns what a call of the system gave; a negative number is none.
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  // What this one had is closed when `other` dies.
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() {
    if (is_open()) {
      ::close(number_);
    }
  }

  [[nodiscard]] bool is_open() const { return number_ >= 0; }
  // For calls of the system; negative when there is none.
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_ = -1;
};

// Writes all of `text` where the descriptor stands. False when the system refused: errno says why,
// and any part of the text may stand there.
[[nodiscard]] inline bool write_all(const Descriptor& to, std::string_view text) {
  while (!text.empty()) {
    const ssize_t put =
        retry_interrupted([&] { return ::write(to.number(), text.data(), text.size()); });
    if (put < 0) {
      return false;
    }
    text.remove_prefix(static_cast<std::size_t>(put));
  }
  return true;
}

}  // namespace plated
