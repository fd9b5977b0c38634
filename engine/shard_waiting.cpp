// Where the shard's owners stand with the waiting rooms, as the facts change it.

#include "engine/check.h"
#include "engine/shard.h"

namespace plated {

void Shard::apply(const Queued& event, WaitingRoom& room) {
  const uint32_t owner = owner_of(event.owner);
  const Waiter waiter{owner, number_};
  const bool lobby = event.opening != CivilTime{};
  const PlaceNumber place =
      lobby ? room.join_lobby(waiter, event.opening) : room.join_queue(waiter);
  check(!standings_.find(owner, event.office).waits(), "an owner has one place in an office");
  standings_.take_place(owner, event.office, lobby ? Stage::lobby : Stage::queue, place);
  check(lobby || room.queue().at(place) == waiter, "a place in the queue is its owner's");
}

void Shard::apply(const Admitted& event, WaitingRoom& room) {
  const uint32_t owner = owner_of(event.owner);
  const Standing standing = standings_.find(owner, event.office);
  check(standing.stage == Stage::none || standing.stage == Stage::queue,
        "nobody is admitted from a lobby");
  if (standing.stage == Stage::queue) {
    room.leave_queue(standing.place);
  }
  standings_.admit(owner, event.office, event.until);
  check(standings_.find(owner, event.office).works(), "who is admitted works");
}

void Shard::apply(const PassedOver& event, WaitingRoom& room) {
  const uint32_t owner = owner_of(event.owner);
  const Standing standing = standings_.find(owner, event.office);
  check(standing.stage == Stage::queue, "who is passed over stands in the queue");
  room.pass_over(standing.place, event.until);
  standings_.pass_over(owner, event.office);
  check(room.kept_until(standing.place) == event.until, "a place that was passed over is kept");
}

void Shard::apply(const PlaceEnded& event, WaitingRoom& room) {
  const uint32_t owner = owner_of(event.owner);
  const Standing standing = standings_.find(owner, event.office);
  check(standing.stage != Stage::none, "a place that ends was there");
  if (standing.stage == Stage::lobby) {
    room.leave_lobby(standing.place);
  } else if (standing.stage == Stage::queue) {
    room.leave_queue(standing.place);
  }
  place_is_over(owner, event.office);
}

void Shard::place_is_over(uint32_t owner, OfficeCode office) {
  standings_.end_place(owner, office);
  check(standings_.find(owner, office).stage == Stage::none, "a place ends once");
  if (!ending_.empty() && !has_places(owner)) {
    std::erase_if(ending_, [owner](const auto& entry) { return entry.first == owner; });
  }
}

// Whether the owner waits anywhere, or was admitted and has not acted.
bool Shard::has_places(uint32_t owner) const {
  bool any = false;
  standings_.each_of(owner, [&any](OfficeCode, const Standing& standing) {
    any = any || standing.stage != Stage::none;
  });
  return any;
}

// From now on next_ending names them, until they have ended.
void Shard::end_places_of(uint32_t owner, PlaceEnd why) {
  check(owner < roster_.owners(), "whose places end is in the roster");
  if (has_places(owner)) {
    ending_.emplace_back(owner, why);
  }
}

std::optional<PlaceEnded> Shard::next_ending() const {
  if (ending_.empty()) {
    return std::nullopt;
  }
  const auto& [owner, why] = ending_.front();
  const std::string_view id = roster_.owner(owner).id();
  std::optional<OfficeCode> where;
  standings_.each_of(owner, [&where](OfficeCode office, const Standing& standing) {
    if (standing.stage != Stage::none) {
      where = office;
    }
  });
  check(where.has_value(), "whose places are to end has some");
  return PlaceEnded{*where, id, why};
}

}  // namespace plated
