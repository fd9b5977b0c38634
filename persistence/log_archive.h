// Retired log files: DIR/archive/<name>.zst, each a log file's bytes from its first to the end of
// its last batch, as one zstd frame. No recovery needs them; history and audit read on in them.
// Pure except for the files themselves; any thread.
#pragma once

#include <string>
#include <vector>

#include "persistence/file_system.h"
#include "persistence/log_file.h"

namespace plated {

[[nodiscard]] bool is_archived(const std::string& path);

// The archived files of a data directory, ascending; none when nothing was ever archived.
Result<std::vector<LogFileName>> list_archived_log_files(FileSystem& files,
                                                         const std::string& directory);

// Writes `contents`, the sound bytes of the file that is called `name`, and makes them safe.
Status archive_log_file(FileSystem& files, const std::string& directory, const std::string& name,
                        ByteSpan contents);

// The file's bytes as they were.
Result<Bytes> read_archived_log_file(FileSystem& files, const std::string& path);

}  // namespace plated
