// Retired log files: DIR/archive/<name>.zst, each a log file's bytes from its first to the end of
// its last batch, as one zstd frame. No recovery needs them; history and audit read on in them.
// Pure except for the files themselves; any thread.
#pragma once

#include <string>
#include <vector>

#include "persistence/contents.h"
#include "persistence/file_system.h"
#include "persistence/log_file.h"

namespace plated {

[[nodiscard]] bool is_archived(const std::string& path);
// Where the log file that begins at `first` stands once it is archived.
[[nodiscard]] std::string archived_log_path(const std::string& directory, Sequence first);

// The archived files of a data directory, ascending; none when nothing was ever archived.
Result<std::vector<LogFileName>> list_archived_log_files(FileSystem& files,
                                                         const std::string& directory);

// Puts the archived files before those of the log, `names`. One that stands in both, because a
// crash came between archiving and removing it, is read from the log.
Status add_archived_log_files(FileSystem& files, const std::string& directory,
                              std::vector<LogFileName>& names);

// Writes `contents`, the sound bytes of the file that is called `name`, and makes them safe.
Status archive_log_file(FileSystem& files, const std::string& directory, const std::string& name,
                        ByteSpan contents);

// The file's bytes as they were.
Result<Contents> read_archived_log_file(FileSystem& files, const std::string& path);

}  // namespace plated
