#include "tools/plated/bound_keys.h"

#include <cerrno>

namespace plated {

Verdict BoundKeys::record() {
  const std::vector<KeyStoreChange> changes = keys_.unrecorded();
  Verdict verdict = engine_.record_keys(changes);
  if (verdict.ok() && !changes.empty()) {
    keys_.recorded(changes.back().mark.generation);
  }
  return verdict;
}

Status BoundKeys::recorded() {
  const Verdict verdict = record();
  return verdict.ok() ? Status() : Status::io_error("the log", 0, verdict.message, ENOSPC);
}

Result<KeyId> BoundKeys::create_owner_keys(uint32_t count) {
  auto first = keys_.create_owner_keys(count);
  if (first.ok()) {
    first.status = recorded();
  }
  return first;
}

Status BoundKeys::keep_secrets(std::span<const KeptSecret> secrets) {
  Status kept = keys_.keep_secrets(secrets);
  return kept.ok() ? recorded() : kept;
}

Status BoundKeys::destroy_owner_key(KeyId id) {
  Status destroyed = keys_.destroy_owner_key(id);
  return destroyed.ok() ? recorded() : destroyed;
}

}  // namespace plated
