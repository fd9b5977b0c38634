// The world's beginning: who there is, and how operators found the service, whatever the disk does
// meanwhile. Part of simulation.h.
#include <fmt/format.h>

#include "engine/plate.h"
#include "tests/simulation/simulation.h"

namespace plated {

Settings Simulation::first_settings() {
  Settings settings;
  settings.terms = "2026-01";
  settings.draws = static_cast<uint32_t>(1 + dice_.roll(6));
  settings.batch_size = static_cast<uint32_t>(1 + dice_.roll(6));
  settings.batch_hold = Millis(static_cast<int64_t>(1 + dice_.roll(40)) * 1000);
  settings.shortlist_hold = 2 * settings.batch_hold;
  settings.verified_for = Millis(static_cast<int64_t>(60 + dice_.roll(60)) * 1000);
  return settings;
}

void Simulation::add_people() {
  for (const PoolKey pool : pools_) {
    operators_.add_office(std::string(text_of(pool.office).view()), first_settings());
  }
  const uint64_t owners = 3 + dice_.roll(4);
  for (uint64_t i = 1; i <= owners; ++i) {
    const std::string owner = fmt::format("r-{}", i);
    std::vector<std::string> vehicles = {fmt::format("RHRSL{:012}", i)};
    oracle_.add_vehicle(owner, vehicles[0], "粤B");
    if (!rehearsal_ && dice_.chance(50)) {
      vehicles.push_back(fmt::format("LARGE{:012}", i));
      oracle_.add_vehicle(owner, vehicles[1], "粤A");
    }
    citizens_.add_owner(owner, vehicles, 1 + dice_.roll(2));
    operators_.add_owner(owner, vehicles);
  }
}

// Like an operator with a script: whatever fails is done again.
void Simulation::found() {
  while (wrong_.empty() && !found_once()) {
    complain_unless_struck("the service could not be founded");
    restart();
  }
  founded_ = true;
  for (const PoolKey pool : pools_) {
    const auto plates = static_cast<uint32_t>(10 + dice_.roll(40));
    while (wrong_.empty() && operators_.load(pool, plates, civil()) == Told::refused) {
      complain_unless_struck("the first plates were refused");
      restart();
    }
    tend();
  }
}

bool Simulation::found_once() {
  if (dice_.chance(20)) {
    arm_disk();
  }
  if (!server_->engine().found(rehearsal_).ok() ||
      ask("PUT", "/v1/terms/2026-01", R"({"zh":"条款","en":"terms"})") != Told::done) {
    return false;
  }
  for (const PoolKey pool : pools_) {
    const std::string office(text_of(pool.office).view());
    const Settings& s = oracle_.settings_of(office);
    const std::string settings = fmt::format(
        R"({{"settings":{{"terms":"{}","draws":{},"batch_size":{},"batch_hold_ms":{},"shortlist_hold_ms":{},"verified_for_ms":{}}}}})",
        s.terms, s.draws, s.batch_size, s.batch_hold.count(), s.shortlist_hold.count(),
        s.verified_for.count());
    if (ask("PUT", "/v1/offices/" + office, settings) != Told::done ||
        ask("POST", "/v1/offices/" + office + "/open",
            R"({"force":true,"reason":"before its plates"})") != Told::done) {
      return false;
    }
  }
  return import_people();
}

bool Simulation::import_people() {
  std::string owners;
  std::string vehicles;
  for (const auto& [owner, vehicle, office] : oracle_.people()) {
    owners +=
        fmt::format(R"({{"owner":"{}","kind":"organisation","name":"张三","phone":"138{:0>8}"}})"
                    "\n",
                    owner, owner.substr(2));
    vehicles += fmt::format(
        R"({{"vehicle":"{}","owner":"{}","office":"{}","class":"{}","power":"{}","plate":"粤B12345"}})"
        "\n",
        vehicle, owner, office, "large", office == "粤A" ? "hybrid" : "electric");
  }
  if (rehearsal_) {
    return ask("POST", "/v1/rehearsal/owners",
               fmt::format(R"({{"from":1,"count":{}}})", oracle_.people().size())) == Told::done;
  }
  return ask("POST", "/v1/owners", owners) == Told::done &&
         ask("POST", "/v1/vehicles", vehicles) == Told::done && !disk_.struck();
}

}  // namespace plated
