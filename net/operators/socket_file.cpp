#include "net/operators/socket_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <cerrno>
#include <filesystem>
#include <system_error>

namespace plated {
namespace {

constexpr mode_t kSocketDirectoryMode = S_IRWXU | S_IRGRP | S_IXGRP;
constexpr auto kOwnerAsIs = static_cast<uid_t>(-1);

}  // namespace

std::string file_fault(const std::string& what, int error) {
  return what + ": " + std::generic_category().message(error);
}

std::string make_socket_directory(const std::string& at, std::optional<gid_t> group) {
  const std::string directory = std::filesystem::path(at).parent_path().string();
  if (!group || directory.empty() || ::mkdir(directory.c_str(), kSocketDirectoryMode) != 0) {
    return {};  // whatever is wrong with it, bind will tell
  }
  // The umask may have taken the group's part.
  const bool given = ::chown(directory.c_str(), kOwnerAsIs, *group) == 0 &&
                     ::chmod(directory.c_str(), kSocketDirectoryMode) == 0;
  return given ? "" : file_fault(directory, errno);
}

std::string make_socket_room(const std::string& at) {
  struct stat there {};
  if (::lstat(at.c_str(), &there) != 0) {
    return errno == ENOENT ? "" : file_fault(at, errno);
  }
  if (!S_ISSOCK(there.st_mode)) {
    return at + ": there is a file that is no socket";
  }
  using Protocol = boost::asio::local::stream_protocol;
  boost::asio::io_context context;
  Protocol::socket probe(context);
  boost::system::error_code error;
  probe.connect(Protocol::endpoint(at), error);
  if (!error) {
    return at + ": another server answers here";
  }
  if (error != boost::system::errc::connection_refused) {
    return at + ": " + error.message();
  }
  return ::unlink(at.c_str()) == 0 ? "" : file_fault(at, errno);
}

}  // namespace plated
