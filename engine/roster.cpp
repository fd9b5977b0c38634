#include "engine/roster.h"

#include <algorithm>

namespace plated {

bool Holds::in_batch(PlateNumber plate) const {
  const auto end = batch.begin() + batch_size;
  return std::find(batch.begin(), end, plate) != end;
}

bool Holds::on_shortlist(PlateNumber plate) const {
  return std::find(shortlist.begin(), shortlist.end(), plate) != shortlist.end();
}

Roster::Roster()
    : owner_index_(OwnerKey{&owners_}),
      vehicle_index_(VehicleKey{&vehicles_}),
      voucher_index_(VoucherKey{&vehicles_}) {}

void Roster::prefetch(const Vehicle& vehicle) const {
  constexpr std::size_t kCacheLine = 64;
  const auto fetch = [](const auto& record) {
    for (std::size_t at = 0; at < sizeof(record); at += kCacheLine) {
      __builtin_prefetch(reinterpret_cast<const char*>(&record) + at);
    }
  };
  vehicle.prefetch();
  fetch(vehicle.application);
  fetch(owner(vehicle.owner));
  if (vehicle.application.holds != kNoIndex) {
    fetch(holds(vehicle.application));
  }
}

uint32_t Roster::add_owner(std::string_view id) {
  const uint32_t known = owner_index_.find(id);
  if (known != kNoIndex) {
    return known;
  }
  const uint32_t index = owners_.grow();
  owners_[index].id = id;
  owner_index_.insert(index);
  return index;
}

uint32_t Roster::add_vehicle(uint32_t owner, std::string_view id) {
  const uint32_t index = vehicles_.grow();
  vehicles_[index].index = index;
  vehicles_[index].id.assign(id);
  vehicles_[index].owner = owner;
  vehicle_index_.insert(index);
  auto& list = owners_[owner].vehicles;
  const auto place = std::lower_bound(
      list.begin(), list.end(), id,
      [this](uint32_t v, std::string_view wanted) { return vehicles_[v].id.view() < wanted; });
  list.insert(place, index);
  return index;
}

void Roster::remove_vehicle(uint32_t vehicle) {
  std::erase(owners_[vehicles_[vehicle].owner].vehicles, vehicle);
  vehicle_index_.erase(vehicle);
  vehicles_[vehicle].owner = kNoIndex;
}

Holds& Roster::make_holds(Application& application) {
  if (application.holds == kNoIndex) {
    if (holds_unused_.empty()) {
      application.holds = holds_.grow();
    } else {
      application.holds = holds_unused_.back();
      holds_unused_.pop_back();
    }
  }
  return holds_[application.holds];
}

void Roster::drop_holds(Application& application) {
  if (application.holds == kNoIndex) {
    return;
  }
  Holds& holds = holds_[application.holds];
  holds.shortlist.clear();
  auto kept = std::move(holds.shortlist);  // its memory serves the next application
  holds = Holds{};
  holds.shortlist = std::move(kept);
  holds_unused_.push_back(application.holds);
  application.holds = kNoIndex;
}

}  // namespace plated
