// Histograms as HdrHistogram writes them: one as the base64 text of its compressed V2 encoding, and
// an interval log (.hlog, format 1.3) that its tools read. Values are microseconds, three digits.
#pragma once

#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "tools/plateload/figures/histogram.h"

namespace plated {

// `HISTFAAA…`: what HdrHistogram's readers take for a compressed V2 histogram.
[[nodiscard]] std::string encode_hdr_v2(const Histogram& histogram);

// Writes interval after interval. Not thread-safe.
class HdrLog {
 public:
  // Makes or empties the file at `path`. Empty, or why it cannot be.
  [[nodiscard]] std::string open(const std::string& path);
  [[nodiscard]] bool is_open() const { return file_.is_open(); }

  // Writes the legend, once, before all else; `began_ms` is the start in Unix milliseconds, and
  // each of `remarks` a comment that readers skip.
  void begin(int64_t began_ms, const std::vector<std::string>& remarks);

  // One line: what was recorded under `tag` in `length` seconds from `since` seconds after the
  // start; an empty tag stands for all of it. Nothing for an empty histogram.
  void write(std::string_view tag, double since, double length, const Histogram& histogram);

  // False when something could not be written.
  [[nodiscard]] bool close();

 private:
  std::ofstream file_;
};

}  // namespace plated
