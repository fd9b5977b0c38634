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
    case StatusCode::outdated:
      return "out of date";
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

Status Status::outdated(std::string_view path, std::string_view message) {
  return Status(StatusCode::outdated, path, 0, message, 0);
}

Status Status::locked(std::string_view path, std::string_view message) {
  return Status(StatusCode::locked, path, 0, message, 0);
}

std::string_view Status::remedy() const {
  switch (code_) {
    case StatusCode::ok:
      return "";
    case StatusCode::not_found:
      return "check the name of the data directory, and that everything of it is there";
    case StatusCode::io_error:
      return "check the disk, its mount and who may read and write there; then start again";
    case StatusCode::no_space:
      return "make room on the disk, or raise the quota; then start again";
    case StatusCode::corruption:
      return "put this file back from a copy or from the archive, or start from a copy of the "
             "whole "
             "directory; `platelog verify` tells what else is damaged";
    case StatusCode::locked:
      return "wait until the other process has ended, or end it";
    case StatusCode::mismatch:
      return "use the version of plated that wrote this, or a directory of this one's";
    case StatusCode::outdated:
      return "put the newest copy of this file back (`cp -p COPY/keys DIRECTORY/keys`; `platelog "
             "verify` says whether it fits), or start from a copy of the whole directory";
  }
  return "";
}

Status Status::at_path(std::string_view path) const {
  return ok() ? Status() : Status(code_, path, offset_, message_, error_number_);
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
