#include "engine/standings.h"

#include "engine/check.h"

namespace plated {

Standing Standings::find(uint32_t owner, OfficeCode office) const {
  const auto found = standings_.find(Key{owner, office});
  return found == standings_.end() ? Standing{} : found->second;
}

OpenTick Standings::acts_until(uint32_t owner, OfficeCode office) const {
  const auto found = acts_until_.find(Key{owner, office});
  check(found != acts_until_.end(), "only who was admitted has to act");
  return found->second;
}

// Counts who works, and forgets whom nothing is known of.
void Standings::settle(uint32_t owner, OfficeCode office, bool worked) {
  const auto found = standings_.find(Key{owner, office});
  check(found != standings_.end(), "who changes has an entry");
  const bool works = found->second.works();
  if (works != worked) {
    std::atomic<uint32_t>& working = rooms_.at(office)->working;
    check(works || working.load(std::memory_order_relaxed) > 0, "who stops working worked");
    works ? ++working : --working;
  }
  if (!works && found->second.stage == Stage::none) {
    standings_.erase(found);
  }
}

void Standings::take_place(uint32_t owner, OfficeCode office, Stage stage, PlaceNumber place) {
  Standing& standing = entry(owner, office);
  check(!standing.works() && standing.stage == Stage::none, "an owner has one place in an office");
  standing.stage = stage;
  standing.place = place;
  check(standing.waits(), "a place is in the lobby or in the queue");
  ++waiting_;
}

void Standings::move_to_queue(uint32_t owner, OfficeCode office, PlaceNumber place) {
  Standing& standing = entry(owner, office);
  check(standing.stage == Stage::lobby, "a lobby is ordered once");
  standing.stage = Stage::queue;
  standing.place = place;
  check(standing.waits() && !standing.passed_over, "who comes from a lobby waits");
}

void Standings::pass_over(uint32_t owner, OfficeCode office) {
  Standing& standing = entry(owner, office);
  check(standing.stage == Stage::queue && !standing.passed_over, "a place is passed over once");
  standing.passed_over = true;
}

void Standings::admit(uint32_t owner, OfficeCode office, OpenTick until, bool code_left) {
  Standing& standing = entry(owner, office);
  const bool worked = standing.works();
  check(!worked && standing.stage != Stage::lobby, "who is admitted does not work yet");
  if (standing.waits()) {
    check(waiting_ > 0, "who loses a place had one");
    --waiting_;
  }
  standing = {.stage = Stage::admitted, .code_left = code_left};
  acts_until_[Key{owner, office}] = until;
  acting_.emplace(office, until, owner);
  settle(owner, office, worked);
}

void Standings::stop_acting(uint32_t owner, OfficeCode office) {
  acting_.erase({office, acts_until(owner, office), owner});
  acts_until_.erase(Key{owner, office});
  check(acting_.size() == acts_until_.size(), "whoever has to act has until then");
}

void Standings::end_place(uint32_t owner, OfficeCode office) {
  Standing& standing = entry(owner, office);
  check(standing.stage != Stage::none, "a place that ends was there");
  const bool worked = standing.works();
  if (standing.waits()) {
    check(waiting_ > 0, "who loses a place had one");
    --waiting_;
  } else {
    stop_acting(owner, office);
  }
  standing = {.verified = standing.verified};
  settle(owner, office, worked);
}

void Standings::code_leaves(uint32_t owner, OfficeCode office, OpenTick until) {
  const auto found = standings_.find(Key{owner, office});
  if (found == standings_.end() || found->second.stage != Stage::admitted ||
      found->second.code_left) {
    return;
  }
  stop_acting(owner, office);
  found->second.code_left = true;
  acts_until_[Key{owner, office}] = until;
  acting_.emplace(office, until, owner);
  check(found->second.works(), "who acts works");
}

void Standings::verify(uint32_t owner, OfficeCode office) {
  Standing& standing = entry(owner, office);
  const bool worked = standing.works();
  if (standing.stage == Stage::admitted) {
    stop_acting(owner, office);
  } else if (standing.waits()) {
    check(false, "who waits is not verified");
  }
  standing = {.verified = static_cast<uint16_t>(standing.verified + 1)};
  check(standing.verified > 0, "an owner has fewer vehicles than that");
  settle(owner, office, worked);
}

void Standings::unverify(uint32_t owner, OfficeCode office) {
  Standing& standing = entry(owner, office);
  check(standing.verified > 0, "what was verified is no longer");
  const bool worked = standing.works();
  --standing.verified;
  settle(owner, office, worked);
}

Standing Standings::saw(uint32_t owner, OfficeCode office, Tick now) {
  const auto found = standings_.find(Key{owner, office});
  if (found == standings_.end()) {
    return {};
  }
  if (found->second.waits()) {
    const auto second = now.time_since_epoch() / std::chrono::seconds(1);
    found->second.heard = static_cast<uint32_t>(second + 1);
    check(found->second.heard > 0, "ticks are counted from the service's beginning");
  }
  return found->second;
}

bool Standings::connected(const Standing& standing, Tick now) {
  if (standing.heard == 0) {
    return false;
  }
  // The end of the second in which they were heard of: nobody counts as away too early.
  const Tick heard{std::chrono::seconds(standing.heard)};
  check(heard <= now + std::chrono::seconds(1), "ticks never go back");
  return now - heard <= kConnectedFor;
}

void Standings::is_back(uint32_t owner, OfficeCode office, bool back) {
  Standing& standing = entry(owner, office);
  check(standing.stage == Stage::queue && standing.passed_over, "who is back was passed over");
  standing.back = back;
}

std::optional<uint32_t> Standings::overdue(OfficeCode office, OpenTick now) const {
  const auto first = acting_.lower_bound({office, OpenTick::min(), 0});
  if (first == acting_.end() || std::get<0>(*first) != office || std::get<1>(*first) > now) {
    return std::nullopt;
  }
  check(find(std::get<2>(*first), office).stage == Stage::admitted, "who is overdue was admitted");
  return std::get<2>(*first);
}

}  // namespace plated
