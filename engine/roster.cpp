#include "engine/roster.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace plated {

Roster::Roster()
    : owner_index_(OwnerKey{&owners_}),
      vehicle_index_(VehicleKey{&vehicles_}),
      voucher_index_(VoucherKey{this}) {}

void Roster::prefetch(const Vehicle& vehicle) const {
  constexpr std::size_t kCacheLine = 64;
  const auto fetch = [](const auto& record) {
    for (std::size_t at = 0; at < sizeof(record); at += kCacheLine) {
      __builtin_prefetch(reinterpret_cast<const char*>(&record) + at);
    }
  };
  check(vehicle.owner != kNoIndex, "what is looked at has an owner");
  __builtin_prefetch(&vehicle);
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
  check(id.size() <= kOwnerIdMax, "an owner's identifier has its limit");
  owners_[index].text = texts_.keep(id);
  owners_[index].text_size = static_cast<uint8_t>(id.size());
  owner_index_.insert(index);
  check(owner_index_.find(id) == index, "who was added is found");
  return index;
}

uint32_t Roster::add_vehicle(uint32_t owner, std::string_view id) {
  check(owner < owners() && !id.empty() && id.size() <= kVehicleIdMax,
        "a vehicle has an owner, and an identifier within its limit");
  const uint32_t index = vehicles_.grow();
  vehicles_[index].index = index;
  vehicles_[index].id.assign(id);
  vehicles_[index].owner = owner;
  vehicle_index_.insert(index);
  add_to_list(owners_[owner], index);
  return index;
}

std::span<const uint32_t> Roster::vehicles_of(const Owner& owner) const {
  check(owner.list == kNoIndex || owner.vehicle == kNoIndex,
        "an owner's vehicles stand in one place");
  if (owner.list != kNoIndex) {
    return lists_[owner.list];
  }
  return {&owner.vehicle, owner.vehicle == kNoIndex ? std::size_t{0} : std::size_t{1}};
}

void Roster::add_to_list(Owner& owner, uint32_t vehicle) {
  if (owner.list == kNoIndex && owner.vehicle == kNoIndex) {
    owner.vehicle = vehicle;
    return;
  }
  if (owner.list == kNoIndex) {
    owner.list = static_cast<uint32_t>(lists_.size());
    lists_.push_back({std::exchange(owner.vehicle, kNoIndex)});
  }
  auto& list = lists_[owner.list];
  const auto place = std::lower_bound(
      list.begin(), list.end(), vehicles_[vehicle].id.view(),
      [this](uint32_t v, std::string_view wanted) { return vehicles_[v].id.view() < wanted; });
  check(place == list.end() || vehicles_[*place].id.view() != vehicles_[vehicle].id.view(),
        "an owner has a vehicle once");
  list.insert(place, vehicle);
}

void Roster::remove_vehicle(uint32_t vehicle) {
  check(vehicles_[vehicle].owner != kNoIndex && !vehicles_[vehicle].armed(),
        "what is forgotten had an owner, and waits for nothing");
  Owner& owner = owners_[vehicles_[vehicle].owner];
  if (owner.list != kNoIndex) {
    const std::size_t erased = std::erase(lists_[owner.list], vehicle);
    check(erased == 1, "a vehicle stands in its owner's list");
  } else {
    check(owner.vehicle == vehicle, "an owner's only vehicle is of that owner");
    owner.vehicle = kNoIndex;
  }
  vehicle_index_.erase(vehicle);
  vehicles_[vehicle].owner = kNoIndex;
}

// An element that nobody uses, or a new one.
template <class T>
uint32_t Roster::take(StableArray<T>& all, std::vector<uint32_t>& unused) {
  if (unused.empty()) {
    return all.grow();
  }
  const uint32_t index = unused.back();
  check(index < all.size(), "what is used again was made once");
  unused.pop_back();
  return index;
}

Holds& Roster::make_holds(Application& application) {
  if (application.holds == kNoIndex) {
    application.holds = take(holds_, holds_unused_);
    check(!holds_[application.holds].any() && holds_[application.holds].batch.empty(),
          "who begins holds nothing");
  }
  return holds_[application.holds];
}

void Roster::drop_holds(Application& application) {
  if (application.holds == kNoIndex) {
    return;
  }
  check(application.holds < holds_.size(), "holds that are dropped are there");
  Holds& holds = holds_[application.holds];
  std::destroy_at(&holds);
  std::construct_at(&holds);
  holds_unused_.push_back(std::exchange(application.holds, kNoIndex));
}

Reservation& Roster::make_reservation(Application& application) {
  check(application.step == Step::done || application.step == Step::issued ||
            application.step == Step::lapsed,
        "only what is done has a reservation");
  if (application.reservation == kNoIndex) {
    application.reservation = take(reservations_, reservations_unused_);
    reservations_[application.reservation] = Reservation{};
  }
  return reservations_[application.reservation];
}

void Roster::drop_reservation(Application& application) {
  if (application.reservation != kNoIndex) {
    check(reservations_[application.reservation].plate == kNoPlate,
          "a reservation that is dropped has given up its plate");
    reservations_unused_.push_back(std::exchange(application.reservation, kNoIndex));
  }
}

}  // namespace plated
