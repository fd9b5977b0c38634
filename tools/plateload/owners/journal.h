// The journal of a load: what the server acknowledged, one JSON line each, kept outside the server
// so that it can be held to its word after a crash. A line is written before the client goes on.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "posix/descriptor.h"
#include "tools/plateload/owners/oracle.h"
#include "tools/plateload/wire/protocol.h"

namespace plated::load {

class Journal {
 public:
  Journal() = default;
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  // Opens `path` for appending, made when there is none. Empty, or why it cannot be.
  [[nodiscard]] std::string open(const std::string& path);
  [[nodiscard]] bool is_open() const { return file_.is_open(); }

  // Writes that `op` (an op's name, or `push`) told `owner` this application, `document` being the
  // server's JSON. False when it could not be written whole. Any thread may call it.
  [[nodiscard]] bool write(std::string_view owner, std::string_view op, std::string_view document);

 private:
  Descriptor file_;
};

// A journal read back: what every owner knows, and what was already wrong while it was written.
struct JournalContents {
  std::string unreadable;  // why it could not be read to its end; empty: it was
  uint64_t lines = 0;
  std::map<std::string, OwnerOracle> owners;
  std::vector<std::string> violations;
};

// Reads the journal at `path`. A last line without its end, torn off when the client died, is left
// out; a broken line before it is an error.
[[nodiscard]] JournalContents read_journal(const std::string& path);

}  // namespace plated::load
