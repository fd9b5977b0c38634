#include "persistence/file_system.h"

#include <algorithm>
#include <array>

#include "engine/check.h"
#include "persistence/contents.h"

namespace plated {
namespace {

// Zeros are written and synced in pieces, so that the log's own syncs never queue behind much.
constexpr std::size_t kZeroPiece = std::size_t{1} << 20;

}  // namespace

Result<Bytes> read_whole_file(FileSystem& files, const std::string& path, uint64_t size_max) {
  auto contents = read_contents(files, path, size_max);
  if (!contents.ok()) {
    return contents.status;
  }
  const ByteSpan bytes = contents.value.view();
  return Bytes(bytes.begin(), bytes.end());
}

Status replace_file(FileSystem& files, const std::string& directory, const std::string& name,
                    ByteSpan contents) {
  const std::string path = directory + "/" + name;
  const std::string aside = path + ".tmp";
  auto file = files.open(aside, OpenMode::create);
  if (!file.ok()) {
    return file.status;
  }
  if (Status status = file.value->write(0, contents); !status.ok()) {
    return status;
  }
  if (Status status = file.value->sync(); !status.ok()) {
    return status;
  }
  if (Status status = files.rename(aside, path); !status.ok()) {
    return status;
  }
  return files.sync_directory(directory);
}

Result<std::unique_ptr<File>> create_zeroed_file(FileSystem& files, const std::string& path,
                                                 uint64_t size,
                                                 const std::function<void()>& after_piece) {
  auto file = files.open(path, OpenMode::create);
  if (!file.ok()) {
    return file.status;
  }
  const Bytes zeros(static_cast<std::size_t>(std::min<uint64_t>(size, kZeroPiece)));
  for (uint64_t at = 0; at < size;) {
    const auto piece = static_cast<std::size_t>(std::min<uint64_t>(zeros.size(), size - at));
    Status status = file.value->write(at, ByteSpan(zeros).first(piece));
    if (status.ok()) {
      status = file.value->sync();
    }
    if (!status.ok()) {
      file.value.reset();
      (void)files.remove(path).ok();  // What counts is the failure before it.
      return status;
    }
    at += piece;
    if (after_piece) {
      after_piece();
    }
  }
  return file;
}

}  // namespace plated
