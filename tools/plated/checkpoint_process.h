// A checkpoint by `platelog`, which stands beside the binary of this process: the second state that
// a checkpoint builds is then not in this process's memory, nor on its threads. The child ends with
// the thread that waits for it, so that a server that was killed leaves no lock behind.
#pragma once

#include <string>

#include "persistence/checkpoint.h"

namespace plated {

// platelog's path; nothing when there is none that may be run.
[[nodiscard]] std::string checkpoint_program();

// As run_checkpoint; blocks until the child has ended. What went wrong in it stands on the error
// output, which it shares.
Result<CheckpointReport> run_checkpoint_process(const std::string& directory, Sequence until,
                                                const CheckpointOptions& options);

// What the child says on its standard output, read back.
Result<CheckpointReport> checkpoint_report_of(const std::string& program, const std::string& said);

}  // namespace plated
