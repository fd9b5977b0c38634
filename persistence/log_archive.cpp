#include "persistence/log_archive.h"

#include <zstd.h>

#include <algorithm>
#include <string_view>

#include "engine/check.h"

namespace plated {
namespace {

constexpr int kCompressionLevel = 3;
constexpr std::string_view kArchivedSuffix = ".zst";
constexpr std::size_t kBlockSizeMin = 4;  // of zstd: a header and one repeated byte

std::string archive_of(const std::string& directory) {
  check(!directory.empty(), "a log is in a data directory");
  return directory + "/archive";
}

}  // namespace

bool is_archived(const std::string& path) {
  return std::string_view(path).ends_with(kArchivedSuffix);
}

Result<std::vector<LogFileName>> list_archived_log_files(FileSystem& files,
                                                         const std::string& directory) {
  const std::string archive = archive_of(directory);
  auto names = files.list(archive);
  if (!names.ok()) {
    return names.status.code() == StatusCode::not_found
               ? Result<std::vector<LogFileName>>(std::vector<LogFileName>{})
               : names.status;
  }
  std::vector<LogFileName> found;
  for (const std::string& name : names.value) {
    if (is_archived(name)) {
      if (const auto first = log_file_first(name.substr(0, name.size() - kArchivedSuffix.size()))) {
        found.push_back({archive + "/" + name, *first});
      }
    }
  }
  check(std::ranges::is_sorted(found, {}, &LogFileName::first), "names sort as their sequences");
  return found;
}

std::string archived_log_path(const std::string& directory, Sequence first) {
  std::string path =
      archive_of(directory) + "/" + log_file_name(first) + std::string(kArchivedSuffix);
  check(is_archived(path), "an archived file is known by its name");
  return path;
}

Result<std::vector<LogFileName>> list_all_log_files(FileSystem& files,
                                                    const std::string& directory) {
  // First the log's: a file that is archived meanwhile is then seen at least once.
  auto names = list_log_files(files, directory);
  if (!names.ok()) {
    return names.status;
  }
  auto archived = list_archived_log_files(files, directory);
  if (!archived.ok()) {
    return archived.status;
  }
  std::erase_if(archived.value, [&](const LogFileName& name) {
    return !names.value.empty() && name.first >= names.value.front().first;
  });
  names.value.insert(names.value.begin(), archived.value.begin(), archived.value.end());
  check(std::ranges::is_sorted(names.value, {}, &LogFileName::first), "files stand in their order");
  return names;
}

Status archive_log_file(FileSystem& files, const std::string& directory, const std::string& name,
                        ByteSpan contents) {
  check(log_file_first(name).has_value(), "a log file is archived under its name");
  check(contents.size() >= kLogHeaderSize && contents.size() <= kLogFileSizeMax,
        "a log file has a header, and its limit");
  Bytes packed(ZSTD_compressBound(contents.size()));
  const std::size_t size = ZSTD_compress(packed.data(), packed.size(), contents.data(),
                                         contents.size(), kCompressionLevel);
  if (ZSTD_isError(size) != 0) {
    return Status::io_error(name, 0, ZSTD_getErrorName(size), 0);
  }
  packed.resize(size);
  check(ZSTD_getFrameContentSize(packed.data(), packed.size()) == contents.size(),
        "what is archived says how long it was");
  const std::string archive = archive_of(directory);
  if (Status status = files.make_directory(archive); !status.ok()) {
    return status;
  }
  if (Status status = files.sync_directory(directory); !status.ok()) {
    return status;
  }
  return replace_file(files, archive, name + std::string(kArchivedSuffix), packed);
}

Result<Contents> read_archived_log_file(FileSystem& files, const std::string& path) {
  auto packed = read_whole_file(files, path, ZSTD_compressBound(kLogFileSizeMax));
  if (!packed.ok()) {
    return packed.status;
  }
  const auto size = ZSTD_getFrameContentSize(packed.value.data(), packed.value.size());
  // A frame that says more than its blocks can hold must not be believed with memory.
  const uint64_t size_max = (packed.value.size() / kBlockSizeMin + 1) * ZSTD_BLOCKSIZE_MAX;
  if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN || size > size_max ||
      size > kLogFileSizeMax) {
    return Status::corruption(path, 0, "this is not an archived log file");
  }
  Contents contents(static_cast<std::size_t>(size));
  const std::span<std::byte> out = contents.bytes();
  const std::size_t got =
      ZSTD_decompress(out.data(), out.size(), packed.value.data(), packed.value.size());
  if (ZSTD_isError(got) != 0 || got != out.size()) {
    return Status::corruption(path, 0, "the archived log file cannot be unpacked");
  }
  return contents;
}

}  // namespace plated
