#include "net/selection/waiting_callers.h"

#include "engine/check.h"

namespace plated {

void WaitingCallers::note(Caller& caller) {
  if (caller.places.empty()) {
    remove(caller);
  } else if (caller.in_line == kNoIndex) {
    caller.in_line = static_cast<uint32_t>(line_.size());
    line_.push_back(&caller);
    by_owner_[owner_mark(caller.owner)].push_back(&caller);
  }
}

void WaitingCallers::remove(Caller& caller) {
  if (caller.in_line == kNoIndex) {
    return;
  }
  check(line_[caller.in_line] == &caller, "who waits stands in the line");
  line_[caller.in_line] = line_.back();
  line_[caller.in_line]->in_line = caller.in_line;
  line_.pop_back();
  caller.in_line = kNoIndex;
  const auto found = by_owner_.find(owner_mark(caller.owner));
  std::erase(found->second, &caller);
  if (found->second.empty()) {
    by_owner_.erase(found);
  }
}

}  // namespace plated
