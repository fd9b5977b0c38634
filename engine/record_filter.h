// Which records of the log speak of a plate, a vehicle or an owner: found by the names and types of
// an event's own fields, so that a new kind of event is found too. Not thread-safe; one filter
// reads one pass over the log.
#pragma once

#include <string>
#include <vector>

#include "engine/events.h"
#include "engine/types.h"

namespace plated {

// Sees the records in the log's order, for the release of a segment names no plate: it concerns the
// plates of the segments loaded before.
class PlateFilter {
 public:
  explicit PlateFilter(const Plate& plate) : plate_(plate) {}
  // Whether the record speaks of the plate. Requires every record of the log in turn.
  [[nodiscard]] bool operator()(const Record& record);

 private:
  Plate plate_;
  std::vector<uint32_t> segments_;  // of its pool, that have it
};

// Records about a vehicle, whoever owned it.
class VehicleFilter {
 public:
  explicit VehicleFilter(std::string vehicle) : vehicle_(std::move(vehicle)) {}
  // Whether the record speaks of the vehicle. Any record, in any order.
  [[nodiscard]] bool operator()(const Record& record) const;

 private:
  std::string vehicle_;
};

// Records about an owner, the owner's applications, and vehicles that came or left.
class OwnerFilter {
 public:
  explicit OwnerFilter(std::string owner) : owner_(std::move(owner)) {}
  // Whether the record speaks of the owner. Any record, in any order.
  [[nodiscard]] bool operator()(const Record& record) const;

 private:
  std::string owner_;
};

}  // namespace plated
