// A file that a command line names, `-` being the standard input: read to its end, or said why not.
// A failure, and never an empty or a shorter text, is a directory, and a file that must not be
// read, whose reads fail in the middle, that is UTF-16 or too large. A UTF-8 byte order mark at the
// beginning is left out. Pipes and /dev/fd/N are files like others. One thread.
#pragma once

#include <cstddef>
#include <string>

#include "posix/descriptor.h"

namespace plated {

inline constexpr std::size_t kInputFileMax = 64 * 1024 * 1024;  // what a request may carry
inline constexpr std::size_t kInputLineMax = 1024 * 1024;

class InputFile {
 public:
  explicit InputFile(const std::string& path);
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  // The next line, without its end; false at the end of the file or when it failed.
  bool next_line(std::string& line);
  // All that is left, at most `size_max` bytes.
  std::string rest(std::size_t size_max = kInputFileMax);

  // Whether the line that was given last had an end: a file that was cut has a last one without.
  [[nodiscard]] bool line_had_end() const { return line_had_end_; }
  // Why it cannot be read, as a sentence with its path; empty while it can.
  [[nodiscard]] const std::string& failure() const { return failure_; }

 private:
  bool fill();
  void fail(const std::string& why);

  const std::string path_;
  const Descriptor from_;
  bool begun_ = false;
  bool ended_ = false;
  bool line_had_end_ = false;
  std::string buffer_;
  std::size_t taken_ = 0;  // of the buffer
  std::string failure_;
};

struct FileText {
  std::string text;
  std::string failure;  // empty: the text is the whole file
};

[[nodiscard]] FileText read_file(const std::string& path, std::size_t size_max = kInputFileMax);

}  // namespace plated
