#include "persistence/clock_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <span>
#include <string_view>

#include "engine/check.h"

namespace plated {
namespace {

constexpr std::string_view kName = "clock";
constexpr std::string_view kHead = "plated-clock 1 ";
constexpr std::size_t kBootMax = 64;
constexpr uint64_t kFileMax = 256;

bool is_boot(std::string_view text) {
  return !text.empty() && text.size() <= kBootMax &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  c == '-';
         });
}

// `plated-clock 1 BOOT MILLISECONDS` and a line end.
std::optional<ClockAnchor> anchor_of(std::string_view text) {
  if (!text.starts_with(kHead) || !text.ends_with('\n')) {
    return std::nullopt;
  }
  text.remove_prefix(kHead.size());
  text.remove_suffix(1);
  const std::size_t space = std::min(text.find(' '), text.size());
  ClockAnchor anchor{std::string(text.substr(0, space)), 0};
  const std::string_view number = text.substr(std::min(space + 1, text.size()));
  const auto read = std::from_chars(number.data(), number.data() + number.size(), anchor.zero_ms);
  const bool whole = read.ec == std::errc{} && read.ptr == number.data() + number.size();
  return whole && is_boot(anchor.boot) ? std::optional(anchor) : std::nullopt;
}

}  // namespace

Result<std::optional<ClockAnchor>> read_clock_anchor(FileSystem& files,
                                                     const std::string& directory) {
  const std::string path = fmt::format("{}/{}", directory, kName);
  const auto bytes = read_whole_file(files, path, kFileMax);
  if (bytes.status.code() == StatusCode::not_found) {
    return std::optional<ClockAnchor>();
  }
  if (!bytes.ok()) {
    return bytes.status;
  }
  const auto anchor =
      anchor_of({reinterpret_cast<const char*>(bytes.value.data()), bytes.value.size()});
  if (!anchor) {
    return Status::corruption(path, 0, "this is not what plated writes there");
  }
  return anchor;
}

Status write_clock_anchor(FileSystem& files, const std::string& directory,
                          const ClockAnchor& anchor) {
  check(is_boot(anchor.boot), "a run of the machine has a name that can be read back");
  const std::string text = fmt::format("{}{} {}\n", kHead, anchor.boot, anchor.zero_ms);
  check(text.size() <= kFileMax, "what is written can be read back");
  return replace_file(files, directory, std::string(kName), std::as_bytes(std::span(text)));
}

}  // namespace plated
