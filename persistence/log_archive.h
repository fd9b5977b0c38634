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

// Whether a path is that of an archived file, by its name alone.
[[nodiscard]] bool is_archived(const std::string& path);
// Where the log file that begins at `first` stands once it is archived.
[[nodiscard]] std::string archived_log_path(const std::string& directory, Sequence first);

// The archived files of a data directory, ascending; none when nothing was ever archived.
Result<std::vector<LogFileName>> list_archived_log_files(FileSystem& files,
                                                         const std::string& directory);

// The archived files, and then those of the log. One that stands in both, because a crash came
// between archiving and removing it, is the log's.
Result<std::vector<LogFileName>> list_all_log_files(FileSystem& files,
                                                    const std::string& directory);

// Writes `contents`, the sound bytes of the log file that is called `name`, compressed, and makes
// them safe. Makes DIR/archive when there is none. The log file itself stays.
Status archive_log_file(FileSystem& files, const std::string& directory, const std::string& name,
                        ByteSpan contents);

// The bytes of the archived file at `path` as they were. Corruption when they cannot be unpacked,
// or would be more than any log file has.
Result<Contents> read_archived_log_file(FileSystem& files, const std::string& path);

}  // namespace plated
