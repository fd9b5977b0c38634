#include "persistence/status.h"

#include <fmt/format.h>

#include <cerrno>
#include <system_error>

namespace plated {
namespace {

std::string_view name_of(StatusCode code) {
  switch (code) {
    case StatusCode::ok:
      return "ok";
    case StatusCode::not_found:
      return "not found";
    case StatusCode::io_error:
      return "I/O error";
    case StatusCode::no_space:
      return "no space left";
    case StatusCode::corruption:
      return "damaged";
    case StatusCode::locked:
      return "in use";
    case StatusCode::mismatch:
      return "not ours to read";
  }
  return "unknown";
}

StatusCode code_of(int error) {
  switch (error) {
    case ENOENT:
      return StatusCode::not_found;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return StatusCode::no_space;
    default:
      return StatusCode::io_error;
  }
}

}  // namespace

Status Status::io_error(std::string_view path, uint64_t offset, std::string_view what, int error) {
  return Status(code_of(error), path, offset, what, error);
}

Status Status::corruption(std::string_view path, uint64_t offset, std::string_view message) {
  return Status(StatusCode::corruption, path, offset, message, 0);
}

Status Status::mismatch(std::string_view path, std::string_view message) {
  return Status(StatusCode::mismatch, path, 0, message, 0);
}

Status Status::locked(std::string_view path, std::string_view message) {
  return Status(StatusCode::locked, path, 0, message, 0);
}

std::string Status::text() const {
  if (ok()) {
    return "ok";
  }
  std::string line = fmt::format("{}: {}", path_, name_of(code_));
  if (code_ == StatusCode::corruption || offset_ != 0) {
    line += fmt::format(" at byte {}", offset_);
  }
  line += fmt::format(": {}", message_);
  if (error_number_ != 0) {
    line += fmt::format(" ({})", std::generic_category().message(error_number_));
  }
  return line;
}

}  // namespace plated
