// Where batches become durable: the local files (LogWriter), and one day a replicated log. Group
// commit hands over bytes and learns what became of them; the engine and the net know nothing of
// either. A target is one thread's at a time, but for room(), which any thread may call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "persistence/batch_buffer.h"
#include "persistence/log_file.h"

namespace plated {

// How a log does. In every state but `ok` nothing is acknowledged.
enum class LogState : uint8_t {
  ok,           // what is appended becomes durable
  unavailable,  // not now: the same bytes are offered again, and meanwhile new work is taken only
                // as long as there is room for it
  fenced,  // never again by this writer: another one leads. The state in memory may be ahead of
           // the log, and is thrown away
  failed,  // what is durable is not known any more: the process ends with status 74
};

// What became of batches that were handed over.
struct CommitAnswer {
  LogState state = LogState::ok;
  // How many of them are durable now, from the first on: at least one when the state is ok, else 0.
  // A target may take fewer at once than it is given.
  std::size_t committed = 0;
  Status why;  // what is in the way; ok when nothing is
};

class BatchTarget {
 public:
  virtual ~BatchTarget() = default;

  // Goes on at `position`, which is where what can be read of the log ends. Once, before anything
  // is committed. Returns the writer that every batch must name from now on.
  virtual Result<uint64_t> open(const LogPosition& position) = 0;
  // Makes sealed batches durable, which continue the log and each other, and lie one behind the
  // other in memory. Blocks. After `unavailable` it is called with the same batches again: whether
  // they have reached the log before is for the target to find out. After `fenced` and `failed` it
  // is not called any more, and would change nothing.
  virtual CommitAnswer commit(std::span<const SealedBatch> batches) = 0;
  // Bytes of batches that it takes for certain, whatever else happens. Any thread.
  [[nodiscard]] virtual uint64_t room() const = 0;
  // Takes nothing more. `closing` is a batch without records that continues the log, and says that
  // everything before it is durable; a target to which that says nothing new may leave it out.
  virtual Status close(ByteSpan closing) = 0;
};

}  // namespace plated
