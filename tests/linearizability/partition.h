// A history taken apart: what touched each application, and what was seen of each plate. Both are
// objects of their own, so the history is linearizable when every part is. For tests only.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/linearizability/application_model.h"
#include "tests/linearizability/history.h"
#include "tests/linearizability/plate_model.h"

namespace plated::linearizability {

using ApplicationHistory = std::vector<Operation<ApplicationAction>>;
using PlateHistory = std::vector<Operation<PlateAction>>;

struct Partition {
  std::map<std::string, ApplicationHistory> applications;  // by vehicle
  std::map<PlateId, PlateHistory> plates;
  std::vector<std::string> vehicles{""};  // VehicleId to vehicle
};

// The result points into the history.
[[nodiscard]] Partition partition_of(const History& history, const ServiceClock& clock);

}  // namespace plated::linearizability
