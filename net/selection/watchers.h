// The connections to tell when an application changes: those that entered its vehicle, on whatever
// thread. It only finds them and leaves a message at their threads' gates; whether a connection
// still wants it is decided there (see deliveries.h). Thread-safe; a look-up holds one of kStripes
// mutexes for a moment.
#pragma once

#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/commands.h"
#include "engine/engine.h"
#include "engine/types.h"
#include "net/selection/ack_gate.h"
#include "net/selection/connection.h"
#include "net/selection/striped.h"

namespace plated {

class Watchers {
 public:
  // The gates of all threads, by the number of the thread; they outlive this.
  void set_gates(std::vector<AckGate*> gates) { gates_ = std::move(gates); }

  // From now on this connection of `owner` (its mark) hears of the vehicle. Adding twice is adding
  // once.
  void add(std::string_view vehicle, uint64_t owner, ConnectionId connection);
  void remove(std::string_view vehicle, ConnectionId connection);
  // The vehicle is `owner`'s: connections of whoever had it before are told nothing more.
  void keep_only(std::string_view vehicle, uint64_t owner);

  // Tells every watcher but `except`; of `owner` only, where the owner is known.
  void publish(const ApplicationView& application, Sequence rests_on,
               std::optional<uint64_t> owner = std::nullopt, ConnectionId except = kNoConnection);
  void publish(const Changes::OfOffice& office);
  // Has everybody who watches an application of the office look at it anew.
  void publish(const Changes::OfOfficesApplications& renewed);
  // Somebody was admitted from a waiting room.
  void publish(const Changes::OfOwner& admitted);
  // What a timer or an operator changed.
  void publish(const Changes& changes);

  // Vehicles that somebody watches.
  [[nodiscard]] std::size_t vehicles() const;

 private:
  struct Watcher {
    uint64_t owner;
    ConnectionId connection;
  };
  struct HashOfVehicle {
    using is_avalanching = void;
    std::size_t operator()(const VehicleId& vehicle) const;
  };
  using Stripe = boost::unordered_flat_map<VehicleId, std::vector<Watcher>, HashOfVehicle>;
  static constexpr std::size_t kStripes = 64;

  [[nodiscard]] Guarded<Stripe>& stripe_of(const VehicleId& vehicle) const;
  [[nodiscard]] std::vector<ConnectionId> others(const VehicleId& vehicle,
                                                 std::optional<uint64_t> owner,
                                                 ConnectionId except);
  template <class Gone>
  void erase_if(std::string_view vehicle, Gone&& gone);

  void send_to_all(const AckGate::Push& push, std::string_view text);

  std::vector<AckGate*> gates_;
  Striped<Stripe, kStripes> stripes_;
};

}  // namespace plated
