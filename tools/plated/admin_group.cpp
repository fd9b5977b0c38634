#include "tools/plated/admin_group.h"

#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <system_error>

namespace plated {

std::optional<gid_t> group_called(const std::string& name) {
  gid_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error == std::errc{} && end == name.data() + name.size()) {
    return number;
  }
  std::array<char, 64 * 1024> names{};
  group entry{};
  group* found = nullptr;
  const int failed = ::getgrnam_r(name.c_str(), &entry, names.data(), names.size(), &found);
  return failed == 0 && found != nullptr ? std::optional(entry.gr_gid) : std::nullopt;
}

bool may_give_to(gid_t number) {
  std::array<gid_t, 65'536> own{};
  const int count = ::getgroups(static_cast<int>(own.size()), own.data());
  const auto end = own.begin() + std::max(count, 0);
  return ::geteuid() == 0 || ::getegid() == number || std::find(own.begin(), end, number) != end;
}

std::string barred_directory(const std::string& socket, gid_t number) {
  std::error_code ignored;
  std::filesystem::path directory = std::filesystem::absolute(socket, ignored).parent_path();
  for (std::string barred;; directory = directory.parent_path()) {
    struct stat there {};
    if (::stat(directory.c_str(), &there) == 0) {
      const bool passes = (there.st_mode & S_IXOTH) != 0 ||
                          (there.st_gid == number && (there.st_mode & S_IXGRP) != 0);
      barred = passes ? barred : directory.string();
    }
    if (directory == directory.root_path() || !directory.has_parent_path()) {
      return barred;
    }
  }
}

}  // namespace plated
