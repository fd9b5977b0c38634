#include "tools/plateload/owners/oracle.h"

#include <algorithm>

namespace plated::load {
namespace {

bool is_choosing(const Document& document) {
  return document.step == WalkStep::notice || document.step == WalkStep::pick;
}

// The first promise of `before` that `after`, of the same or a later version, breaks.
std::string broken_promise(const Document& before, const Document& after) {
  if (before.reservation && after.reservation != before.reservation) {
    return "the reservation of " + before.reservation->plate +
           (after.reservation ? " became one of " + after.reservation->plate : " is gone");
  }
  if (before.step != WalkStep::submit && after.step == WalkStep::submit) {
    return "a submitted application is at submit again";
  }
  if (is_choosing(before) && is_choosing(after) &&
      before.draw + before.draws_left != after.draw + after.draws_left) {
    return "draws made and left were " + std::to_string(before.draw) + " and " +
           std::to_string(before.draws_left) + ", then " + std::to_string(after.draw) + " and " +
           std::to_string(after.draws_left);
  }
  if (after.draw < before.draw) {
    return "draw " + std::to_string(before.draw) + " became " + std::to_string(after.draw);
  }
  if (after.draw == before.draw && before.batch && after.batch && before.batch != after.batch) {
    return "draw " + std::to_string(after.draw) + " has another batch than it had";
  }
  const bool same = before.step == after.step && before.draw == after.draw &&
                    before.shortlist == after.shortlist && before.reservation == after.reservation;
  if (before.version == after.version && !same) {
    return "version " + std::to_string(after.version) + " says two different things";
  }
  return {};
}

}  // namespace

std::string OwnerOracle::tell(const Document& document) {
  if (!known_) {
    known_ = document;
    return {};
  }
  if (document.version < known_->version) {
    return "version " + std::to_string(known_->version) + " went back to " +
           std::to_string(document.version);
  }
  std::string broken = broken_promise(*known_, document);
  // A batch that ended is remembered for its number: a repeated draw must not show another.
  std::optional<std::vector<std::string>> batch =
      !document.batch && document.draw == known_->draw ? std::move(known_->batch) : document.batch;
  known_ = document;
  known_->batch = std::move(batch);
  return broken;
}

std::string PlateLedger::claim(std::string_view plate, std::string_view owner) {
  const std::lock_guard lock(mutex_);
  const auto [entry, fresh] = owners_.try_emplace(std::string(plate), owner);
  return fresh || entry->second == owner ? std::string() : entry->second;
}

std::size_t PlateLedger::plates() const {
  const std::lock_guard lock(mutex_);
  return owners_.size();
}

std::vector<std::string> plates_of(const Document& document) {
  std::vector<std::string> plates;
  const auto add = [&](const std::vector<std::string>& more) {
    plates.insert(plates.end(), more.begin(), more.end());
  };
  if (document.reservation) {
    // Whoever is lapsed has it no more.
    return document.step == WalkStep::lapsed ? plates : std::vector{document.reservation->plate};
  }
  add(document.batch.value_or(std::vector<std::string>{}));
  add(document.shortlist.value_or(std::vector<std::string>{}));
  if (!document.fallback.empty()) {
    plates.push_back(document.fallback);
  }
  return plates;
}

}  // namespace plated::load
