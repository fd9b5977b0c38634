// The file of the gateway `file`: one message a line, each opened by its name, so that logrotate
// may move it away. What stands there are phones, codes and plates in clear, so it does not stay: a
// file that has been in use for `keep` is set aside as FILE.old, and removed when its last line is
// as old. So a line stays for at least `keep` and at most twice as long, unless more than
// `size_max` bytes come meanwhile. What others have moved away is theirs to remove.
//
// One thread's at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "engine/types.h"

namespace plated {

struct SmsFileOptions {
  std::string path;                        // made with mode 0600
  uint64_t size_max = uint64_t{64} << 20;  // at this size it is set aside before its time
  Millis keep = std::chrono::hours(72);    // 0: for ever, whatever the size
  std::function<std::chrono::system_clock::time_point()> now = [] {
    return std::chrono::system_clock::now();
  };
};

class SmsFile {
 public:
  explicit SmsFile(SmsFileOptions options);

  // Appends a line, whole or not at all as far as a reader of lines can see. Empty, or what failed.
  // What is written is with the operating system, not synced: a sync here would stand in the way of
  // the log's, and a code is worth nothing after a restart anyway.
  [[nodiscard]] std::string append(std::string line);
  // Sets aside and removes what has had its time. Empty, or what failed. To be called now and then.
  [[nodiscard]] std::string tend();

 private:
  [[nodiscard]] bool has_had_its_time(int file) const;

  const SmsFileOptions options_;
  const std::string old_path_;
};

}  // namespace plated
