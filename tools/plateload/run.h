// Runs a load: its threads, the line a second, and what it came to.
#pragma once

#include <atomic>
#include <string>
#include <variant>
#include <vector>

#include "net/protocol/ticket.h"
#include "tools/plateload/errands.h"
#include "tools/plateload/figures/report.h"
#include "tools/plateload/options.h"

namespace plated::load {

// What the run came to, or why it could not begin. `interrupted` ends it where it is; the outcome
// still comes. `known_violations` were found before it and count in it.
[[nodiscard]] std::variant<Outcome, std::string> run_load(
    const LoadOptions& options, const TicketKey& key, Errands& errands,
    const std::vector<std::string>& known_violations, std::atomic<bool>& interrupted);

}  // namespace plated::load
