// How persistence says that the world failed: the disk, the file, its contents. A Status is a
// value; it carries the path and the byte offset, so that an operator learns where to look. Every
// function of this room that can fail returns one; dropping it does not compile.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace plated {

enum class StatusCode : uint8_t {
  ok,
  not_found,   // no such file
  io_error,    // the operating system refused or failed
  no_space,    // the disk, or a quota, is full
  corruption,  // the bytes are not what was written
  locked,      // another process holds the data directory
  mismatch,    // sound bytes, but of another version, kind or directory
  outdated,    // sound bytes, but not those that the rest of the directory goes with
};

class [[nodiscard]] Status {
 public:
  // Ok.
  Status() = default;

  // `error` is the operating system's number, 0 where it said nothing; a missing file and a full
  // disk get their own codes. Offsets are bytes from the start of the file.
  static Status io_error(std::string_view path, uint64_t offset, std::string_view what, int error);
  // The bytes at `offset` are not what was written there.
  static Status corruption(std::string_view path, uint64_t offset, std::string_view message);
  // What stands there is sound and not for this program to read.
  static Status mismatch(std::string_view path, std::string_view message);
  // The file is a copy of another time than what stands beside it.
  static Status outdated(std::string_view path, std::string_view message);
  // Somebody else has it.
  static Status locked(std::string_view path, std::string_view message);

  // The same of the file that has been renamed to `path` since it was opened.
  [[nodiscard]] Status at_path(std::string_view path) const;

  [[nodiscard]] bool ok() const { return code_ == StatusCode::ok; }
  [[nodiscard]] StatusCode code() const { return code_; }
  [[nodiscard]] const std::string& path() const { return path_; }
  // Bytes from the start of the file.
  [[nodiscard]] uint64_t offset() const { return offset_; }
  [[nodiscard]] const std::string& message() const { return message_; }
  // The operating system's error number, 0 when it said nothing.
  [[nodiscard]] int error_number() const { return error_number_; }
  // One line for people: what, where, why.
  [[nodiscard]] std::string text() const;
  // What whoever reads that can do about it; empty when it is ok.
  [[nodiscard]] std::string_view remedy() const;

 private:
  Status(StatusCode code, std::string_view path, uint64_t offset, std::string_view message,
         int error_number)
      : code_(code), error_number_(error_number), offset_(offset), path_(path), message_(message) {}

  StatusCode code_ = StatusCode::ok;
  int error_number_ = 0;
  uint64_t offset_ = 0;
  std::string path_;
  std::string message_;
};

// A value, or the reason why there is none. `value` means something only when `status` is ok.
template <class T>
struct [[nodiscard]] Result {
  Status status;
  T value{};

  Result(Status failed) : status(std::move(failed)) {}  // NOLINT: a failure is a result
  Result(T succeeded) : value(std::move(succeeded)) {}  // NOLINT: so is a value
  [[nodiscard]] bool ok() const { return status.ok(); }
};

}  // namespace plated
