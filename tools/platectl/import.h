// Imports of any length: lines posted in pieces of a size that suits a server, and the answers
// added up as if they were one. Each line stands for itself and repeating one changes nothing, so
// an import that broke off is simply run again. Pure but for what is passed in.
#pragma once

#include <boost/json/object.hpp>
#include <cstddef>
#include <functional>
#include <string>

#include "tools/shell/admin_client.h"

namespace plated {

inline constexpr std::size_t kImportLinesMax = 5'000;       // lines of one request
inline constexpr std::size_t kImportBytesMax = 512 * 1024;  // bytes after which a request is sent

using Ask = std::function<AdminReply(const AdminRequest&)>;
// Gives the next line; false: there is none.
using NextLine = std::function<bool(std::string& line)>;

struct ImportOutcome {
  // The first answer that was not a success, or the last one. Lines before a failed piece stand.
  AdminReply reply;
  uint64_t accepted = 0;
  uint64_t unchanged = 0;
  boost::json::array refused;  // with the line's number in the whole file

  [[nodiscard]] boost::json::object as_json() const;
};

// Posts the lines to `target`, in order, until one piece fails.
[[nodiscard]] ImportOutcome import_lines(const NextLine& next, const std::string& target,
                                         const Ask& ask);

}  // namespace plated
