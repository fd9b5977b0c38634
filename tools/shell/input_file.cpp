#include "tools/shell/input_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <system_error>

namespace plated {
namespace {

constexpr std::size_t kPiece = 256 * 1024;
constexpr std::string_view kUtf8Mark = "\xef\xbb\xbf";
constexpr std::string_view kUtf16Marks[] = {"\xff\xfe", "\xfe\xff"};

}  // namespace

InputFile::InputFile(const std::string& path)
    : path_(path == "-" ? "the standard input" : path),
      from_(path == "-" ? ::dup(STDIN_FILENO) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
  if (!from_.is_open()) {
    fail(std::generic_category().message(errno));
  }
}

void InputFile::fail(const std::string& why) {
  failure_ = "cannot read " + path_ + ": " + why;
  ended_ = true;
}

// Reads on; false when nothing more came.
bool InputFile::fill() {
  if (ended_) {
    return false;
  }
  buffer_.erase(0, taken_);
  taken_ = 0;
  const std::size_t before = buffer_.size();
  buffer_.resize(before + kPiece);
  const ssize_t got =
      retry_interrupted([&] { return ::read(from_.number(), buffer_.data() + before, kPiece); });
  const int error = errno;
  buffer_.resize(before + static_cast<std::size_t>(got < 0 ? 0 : got));
  if (got < 0) {
    fail(std::generic_category().message(error));
    return false;
  }
  ended_ = got == 0;
  // The first bytes may come one by one.
  if (!begun_ && (ended_ || buffer_.size() >= kUtf8Mark.size())) {
    begun_ = true;
    for (const std::string_view mark : kUtf16Marks) {
      if (buffer_.starts_with(mark)) {
        fail("it is UTF-16; save it as UTF-8");
        return false;
      }
    }
    taken_ = buffer_.starts_with(kUtf8Mark) ? kUtf8Mark.size() : 0;
  }
  return got > 0;
}

bool InputFile::next_line(std::string& line) {
  std::size_t looked_at = 0;
  while (failure_.empty()) {
    const std::size_t end = begun_ ? buffer_.find('\n', taken_ + looked_at) : std::string::npos;
    if (end != std::string::npos) {
      line.assign(buffer_, taken_, end - taken_);
      taken_ = end + 1;
      line_had_end_ = true;
      return true;
    }
    looked_at = begun_ ? buffer_.size() - taken_ : 0;
    if (looked_at > kInputLineMax) {
      fail("it has a line of more than 1 MiB");
      break;
    }
    if (!fill()) {
      break;
    }
  }
  if (!failure_.empty() || taken_ == buffer_.size()) {
    return false;
  }
  line_had_end_ = false;
  line = buffer_.substr(taken_);
  taken_ = buffer_.size();
  return true;
}

std::string InputFile::rest(std::size_t size_max) {
  while (buffer_.size() - taken_ <= size_max && fill()) {
  }
  if (failure_.empty() && buffer_.size() - taken_ > size_max) {
    fail("it is larger than " + std::to_string(size_max / 1024) + " KiB");
  }
  if (!failure_.empty()) {
    return {};
  }
  std::string text = buffer_.substr(taken_);
  taken_ = buffer_.size();
  return text;
}

FileText read_file(const std::string& path, std::size_t size_max) {
  InputFile file(path);
  FileText read;
  read.text = file.rest(size_max);
  read.failure = file.failure();
  return read;
}

}  // namespace plated
