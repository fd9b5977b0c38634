// Importing owners and vehicles: one JSON object a line, each line for itself, and a line that says
// what is known already changes nothing. Part of topics.h.
#include <algorithm>
#include <array>
#include <unordered_set>

#include "net/notices/personal_data.h"
#include "net/operators/ordinary_plate.h"
#include "net/operators/spelling.h"
#include "net/operators/topics.h"
#include "net/protocol/ticket.h"
#include "net/protocol/trimmed.h"

namespace plated {
namespace {

namespace json = boost::json;

constexpr std::size_t kRefusedMax = 10'000;   // lines that an answer lists
constexpr std::size_t kOwnersPerSync = 1024;  // owners whose keys are made safe at once

// What an import has come to so far.
struct ImportTally {
  uint64_t accepted = 0;
  uint64_t unchanged = 0;
  json::array refused;
  Sequence rests_on;

  void refuse(std::size_t line, std::string_view field, std::string_view why) {
    if (refused.size() < kRefusedMax) {
      refused.push_back(json::object{{"line", line}, {"field", field}, {"why", why}});
    }
  }
  void count(std::size_t line, const Verdict& verdict) {
    if (!verdict.ok()) {
      refuse(line, verdict.field, verdict.message);
    } else if (verdict.changed) {
      ++accepted;
    } else {
      ++unchanged;
    }
    rests_on = std::max(rests_on, verdict.rests_on);
  }
  [[nodiscard]] OperatorAnswer answer(Engine& engine) {
    return say(
        json::object{
            {"accepted", accepted}, {"unchanged", unchanged}, {"refused", std::move(refused)}},
        std::max(rests_on, engine.last_sequence()));
  }
};

// What a dry run has told: whether each line is what is known.
std::string read_by_dry_run(std::string_view what, const ImportTally& tally) {
  return "by a dry run of " + std::to_string(tally.accepted + tally.unchanged) + " " +
         std::string(what) + ", of which " + std::to_string(tally.unchanged) + " are as known";
}

// Calls `take` with each line that is not empty and its number, from 1.
template <class Take>
void each_line(std::string_view body, Take&& take) {
  body = without_byte_order_mark(body);
  for (std::size_t number = 1; !body.empty(); ++number) {
    const std::size_t end = std::min(body.find('\n'), body.size());
    std::string_view line = body.substr(0, end);
    body.remove_prefix(std::min(end + 1, body.size()));
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    if (line.find_first_not_of(" \t") != std::string_view::npos) {
      take(number, line);
    }
  }
}

bool is_vehicle_id(std::string_view id) {
  return !id.empty() && id.size() <= kVehicleIdMax && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
  });
}

std::string read_owner_id(AdminForm& form) {
  const auto id = form.text("owner", Need::required);
  if (id && !is_owner_id(*id)) {
    form.fail("owner", "must be 1 to 64 letters, digits or . _ : @ -");
  }
  return id.value_or("");
}

// Owners.

struct OwnerLine {
  std::size_t line = 0;
  std::string owner;
  OwnerKind kind = OwnerKind::person;
  SealRequest personal;
  bool known = false;  // unchanged: nothing is to be written
};

OwnerLine read_owner(AdminForm& form) {
  OwnerLine owner;
  owner.owner = read_owner_id(form);
  const std::string kind = form.text("kind", Need::required).value_or("");
  owner.kind = kind == "organisation" ? OwnerKind::organisation : OwnerKind::person;
  if (kind != "person" && kind != "organisation") {
    form.fail("kind", "must be person or organisation");
  }
  PersonalData& data = owner.personal.data;
  data.name = form.text("name").value_or("");
  const auto said = form.text("phone", Need::required);
  if (const auto phone = canonical_phone(trimmed(said.value_or("")))) {
    data.phone = *phone;
  } else if (said) {
    form.fail("phone",
              "is no number that SMS reach from everywhere: it must be like 13800001234, "
              "075512345678 or +85291234567, digits alone");
  }
  std::string why;
  if (const auto number = id_number(form.text("id_number").value_or(""), why)) {
    data.id_number = *number;
  } else {
    form.fail("id_number", why);
  }
  return owner;
}

// Compares with what is known, and finds the key under which new data goes.
void look_up(const AdminCall& call, OwnerLine& owner) {
  const std::optional<OwnerReport> report = call.engine.owner(owner.owner);
  if (!report || report->key == 0) {
    return;
  }
  const std::optional<PersonalData> data = call.actions.open(report->key, report->sealed);
  owner.personal.key = report->key;
  owner.known = data && report->kind == owner.kind && *data == owner.personal.data;
}

// Imports some owners, each once, under keys that were made safe together.
void write_owners(const AdminCall& call, std::vector<OwnerLine>& owners, ImportTally& tally) {
  std::vector<SealRequest> requests;
  for (OwnerLine& owner : owners) {
    look_up(call, owner);
    if (!owner.known) {
      requests.push_back(owner.personal);
    }
  }
  auto sealed = requests.empty() ? std::vector<SealedData>{} : call.actions.seal(requests);
  std::size_t next = 0;
  for (const OwnerLine& owner : owners) {
    if (owner.known) {
      ++tally.unchanged;
    } else if (!sealed) {
      tally.refuse(owner.line, "", "the key store failed; repeat the import");
    } else {
      const SealedData& data = (*sealed)[next++];
      tally.count(owner.line, insist(call, [&] {
                    return call.engine.import_owner(owner.owner, owner.kind, data.key, data.bytes,
                                                    call.actor());
                  }));
    }
  }
  owners.clear();
}

void weigh_owners(const AdminCall& call, std::vector<OwnerLine>& owners, ImportTally& tally) {
  for (OwnerLine& owner : owners) {
    look_up(call, owner);
    ++(owner.known ? tally.unchanged : tally.accepted);
  }
  owners.clear();
}

OperatorAnswer import_owners(const AdminCall& call) {
  const auto dry_run = dry_run_part(call);
  if (!dry_run.value) {
    return dry_run.refusal;
  }
  ImportTally tally;
  std::vector<OwnerLine> waiting;
  std::unordered_set<std::string> named;  // owners of the lines that wait
  const auto flush = [&] {
    *dry_run.value ? weigh_owners(call, waiting, tally) : write_owners(call, waiting, tally);
    named.clear();
  };
  each_line(call.request.body, [&](std::size_t number, std::string_view line) {
    AdminForm form = AdminForm::of_line(line);
    OwnerLine owner = read_owner(form);
    if (!form.finish()) {
      tally.refuse(number, form.fault().field, form.fault().message);
      return;
    }
    // A second line of one owner is compared with what the first has made of the owner.
    if (waiting.size() == kOwnersPerSync || named.contains(owner.owner)) {
      flush();
    }
    named.insert(owner.owner);
    owner.line = number;
    waiting.push_back(std::move(owner));
  });
  flush();
  if (*dry_run.value) {
    if (auto refusal = note_reading(call, read_by_dry_run("owners", tally))) {
      return std::move(*refusal);
    }
  }
  return tally.answer(call.engine);
}

// Vehicles.

struct VehicleLine {
  std::string vehicle;
  std::string owner;
  PoolKey pool;
  std::string plate;
};

VehicleLine read_vehicle(AdminForm& form) {
  VehicleLine vehicle;
  vehicle.vehicle = vehicle_name(form.text("vehicle", Need::required).value_or(""));
  if (!is_vehicle_id(vehicle.vehicle)) {
    form.fail("vehicle", "must be 1 to 17 letters or digits");
  }
  vehicle.owner = read_owner_id(form);
  vehicle.pool = form.pool().value_or(PoolKey{});
  const std::string said = form.text("plate", Need::required).value_or("");
  const std::optional<std::string> plate = carried_plate(said);
  if (!plate) {
    form.fail("plate", "must be the plate that it carries, such as 粤B12345");
  }
  vehicle.plate = plate.value_or("");
  return vehicle;
}

OperatorAnswer import_vehicles(const AdminCall& call) {
  const auto dry_run = dry_run_part(call);
  if (!dry_run.value) {
    return dry_run.refusal;
  }
  ImportTally tally;
  each_line(call.request.body, [&](std::size_t number, std::string_view line) {
    AdminForm form = AdminForm::of_line(line);
    const VehicleLine vehicle = read_vehicle(form);
    if (!form.finish()) {
      tally.refuse(number, form.fault().field, form.fault().message);
      return;
    }
    const ImportVehicle import{vehicle.owner, vehicle.vehicle, vehicle.pool, vehicle.plate};
    tally.count(number, insist(call, [&] {
                  return call.engine.import_vehicle(import, *dry_run.value, call.actor());
                }));
  });
  if (*dry_run.value) {
    if (auto refusal = note_reading(call, read_by_dry_run("vehicles", tally))) {
      return std::move(*refusal);
    }
  }
  return tally.answer(call.engine);
}

constexpr std::array<AdminRoute, 2> kImportRoutes = {{
    {"POST", "/v1/owners", import_owners, "dry_run"},
    {"POST", "/v1/vehicles", import_vehicles, "dry_run"},
}};

}  // namespace

std::span<const AdminRoute> import_routes() { return kImportRoutes; }

}  // namespace plated
