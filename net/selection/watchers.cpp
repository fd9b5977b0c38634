#include "net/selection/watchers.h"

#include <algorithm>
#include <string>

#include "engine/check.h"
#include "net/protocol/answer_text.h"

namespace plated {

std::size_t Watchers::HashOfVehicle::operator()(const VehicleId& vehicle) const {
  uint64_t hash = owner_mark(vehicle.view());
  // FNV-1a leaves the high bits poor; the table takes its groups from there.
  hash ^= hash >> 32U;
  return static_cast<std::size_t>(hash * 0x9e3779b97f4a7c15U);
}

Guarded<Watchers::Stripe>& Watchers::stripe_of(const VehicleId& vehicle) const {
  return stripes_.of(HashOfVehicle{}(vehicle) >> 20U);
}

void Watchers::add(std::string_view vehicle, uint64_t owner, ConnectionId connection) {
  const VehicleId id(vehicle);
  const Hold watchers(stripe_of(id));
  std::vector<Watcher>& list = (*watchers)[id];
  const bool there = std::any_of(list.begin(), list.end(),
                                 [&](const Watcher& w) { return w.connection == connection; });
  if (!there) {
    list.push_back({owner, connection});
  }
}

template <class Gone>
void Watchers::erase_if(std::string_view vehicle, Gone&& gone) {
  const VehicleId id(vehicle);
  const Hold watchers(stripe_of(id));
  const auto found = watchers->find(id);
  if (found == watchers->end()) {
    return;
  }
  std::erase_if(found->second, gone);
  if (found->second.empty()) {
    watchers->erase(found);
  }
}

void Watchers::remove(std::string_view vehicle, ConnectionId connection) {
  erase_if(vehicle, [&](const Watcher& w) { return w.connection == connection; });
}

void Watchers::keep_only(std::string_view vehicle, uint64_t owner) {
  erase_if(vehicle, [&](const Watcher& w) { return w.owner != owner; });
}

std::vector<ConnectionId> Watchers::others(const VehicleId& vehicle, std::optional<uint64_t> owner,
                                           ConnectionId except) {
  std::vector<ConnectionId> found;
  const Hold watchers(stripe_of(vehicle));
  const auto list = watchers->find(vehicle);
  if (list == watchers->end()) {
    return found;
  }
  for (const Watcher& watcher : list->second) {
    if (watcher.connection != except && (!owner || watcher.owner == *owner)) {
      found.push_back(watcher.connection);
    }
  }
  return found;
}

void Watchers::publish(const ApplicationView& application, Sequence rests_on,
                       std::optional<uint64_t> owner, ConnectionId except) {
  const std::vector<ConnectionId> told = others(application.vehicle, owner, except);
  if (told.empty()) {
    return;
  }
  std::string text;
  write_application_push(application, text);
  AckGate::Push push;
  push.vehicle = application.vehicle;
  push.version = application.version;
  push.office = application.pool.office;
  push.rests_on = rests_on;
  for (const ConnectionId connection : told) {
    check(connection.thread < gates_.size(), "a watcher's thread has a gate");
    push.connection = connection;
    gates_[connection.thread]->send(push, text);
  }
}

void Watchers::publish(const Changes::OfOffice& office) {
  std::string text;
  write_office_push(office.office, office.state, office.until, text);
  AckGate::Push push;
  push.office = office.office;
  push.about = AckGate::Push::About::office;
  push.rests_on = office.rests_on;
  send_to_all(push, text);
}

void Watchers::publish(const Changes::OfOwner& admitted) {
  std::string text;
  write_admitted_push(admitted.office, admitted.act_within, text);
  AckGate::Push push;
  push.about = AckGate::Push::About::owner;
  push.office = admitted.office;
  push.owner = owner_mark(admitted.owner);
  push.rests_on = admitted.rests_on;
  send_to_all(push, text);
}

void Watchers::send_to_all(const AckGate::Push& push, std::string_view text) {
  for (AckGate* const gate : gates_) {
    gate->send(push, text);
  }
}

void Watchers::publish(const Changes::OfOfficesApplications& renewed) {
  AckGate::Push push;
  push.office = renewed.office;
  push.about = AckGate::Push::About::applications;
  push.rests_on = renewed.rests_on;
  for (AckGate* const gate : gates_) {
    gate->send(push, {});
  }
}

void Watchers::publish(const Changes& changes) {
  for (const auto& changed : changes.applications) {
    publish(changed.application, changed.rests_on);
  }
  for (const auto& changed : changes.offices) {
    publish(changed);
  }
  for (const auto& renewed : changes.renewed) {
    publish(renewed);
  }
  for (const auto& admitted : changes.admitted) {
    publish(admitted);
  }
}

std::size_t Watchers::vehicles() const {
  return stripes_.sum([](const Stripe& watchers) { return watchers.size(); });
}

}  // namespace plated
