#include "tests/simulation/citizens.h"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <utility>

namespace plated {
namespace {

namespace json = boost::json;

constexpr std::size_t kUnansweredMax = 12;  // of one device

// A vehicle's end and the purpose, as an SMS names them.
std::string code_key(std::string_view vehicle, std::string_view purpose) {
  return std::string(vehicle.substr(vehicle.size() - 6)) + " " + std::string(purpose);
}

}  // namespace

void Citizens::add_owner(const std::string& owner, const std::vector<std::string>& vehicles,
                         std::size_t devices) {
  for (std::size_t i = 0; i < devices; ++i) {
    Device& device = devices_.emplace_back();
    device.owner = owner;
    device.vehicles = vehicles;
  }
  vehicles_.insert(vehicles_.end(), vehicles.begin(), vehicles.end());
}

// --- Requests ---

Citizens::Sent Citizens::make(const std::string& vehicle, const std::string& op,
                              const std::string& more) {
  Sent sent;
  sent.request.vehicle = vehicle;
  sent.request.op = op;
  sent.frame =
      fmt::format(R"({{"id":{},"op":"{}","vehicle":"{}"{}}})", next_id_++, op, vehicle, more);
  return sent;
}

Citizens::Sent Citizens::make_draw(const std::string& vehicle, int64_t draw) {
  const bool without4 = dice_.chance(25);
  Sent sent = make(vehicle, "draw", fmt::format(R"(,"draw":{},"without4":{})", draw, without4));
  sent.request.draw = draw;
  return sent;
}

Citizens::Sent Citizens::make_plate(const std::string& vehicle, const std::string& op,
                                    const std::string& plate) {
  Sent sent = make(vehicle, op, fmt::format(R"(,"plate":"{}")", plate));
  sent.request.plate = plate;
  return sent;
}

// Uses the code that came, or asks for one.
Citizens::Sent Citizens::code_step(const std::string& vehicle, const std::string& purpose) {
  const auto code = codes_.find(code_key(vehicle, purpose));
  if (!dice_.chance(rehearsal_ ? 60 : code == codes_.end() ? 5 : 90)) {
    return make(vehicle, "send_code", fmt::format(R"(,"for":"{}")", purpose));
  }
  std::string digits = rehearsal_ ? "000000" : code == codes_.end() ? "123456" : code->second;
  if (dice_.chance(6)) {
    digits = "654321";
  }
  std::string more = fmt::format(R"(,"code":"{}")", digits);
  if (purpose == "submit") {
    more += fmt::format(R"(,"terms":"{}")", dice_.chance(95) ? "2026-01" : "1999-01");
  }
  return make(vehicle, purpose, more);
}

Citizens::Sent Citizens::pick_step(const Face& face) {
  bool chosen = false;  // one of this batch is on the shortlist
  for (const std::string& plate : face.batch) {
    chosen = chosen ||
             std::find(face.shortlist.begin(), face.shortlist.end(), plate) != face.shortlist.end();
  }
  if (!face.batch.empty() && dice_.chance(chosen ? 15 : 60)) {
    return make_plate(face.vehicle, "shortlist", dice_.one_of(face.batch));
  }
  if (!face.shortlist.empty() && dice_.chance(30)) {
    return make_plate(face.vehicle, "confirm", dice_.one_of(face.shortlist));
  }
  if (face.draws_left > 0 && dice_.chance(85)) {
    return make_draw(face.vehicle, face.draw + 1);
  }
  return make(face.vehicle, "enter");
}

Citizens::Sent Citizens::next_step(Device& device, const std::string& vehicle) {
  const auto seen = device.seen.find(vehicle);
  if (seen == device.seen.end()) {
    return make(vehicle, "enter");
  }
  const Face& face = seen->second;
  if (face.step == "submit") {
    return code_step(vehicle, "submit");
  }
  if (face.step == "notice") {
    return code_step(vehicle, "verify");
  }
  return face.step == "pick" ? pick_step(face) : make(vehicle, "enter");
}

// Whatever anybody may ask for, whether it makes sense or not.
Citizens::Sent Citizens::any_step(const Device& device) {
  const std::string vehicle = dice_.one_of(dice_.chance(70) ? device.vehicles : vehicles_);
  const Face* const face = oracle_.face_of_vehicle(vehicle);
  const int64_t drawn = face == nullptr ? 0 : face->draw;
  std::string plate = "粤BD10001";
  if (face != nullptr && !face->plates().empty()) {
    plate = dice_.one_of(face->plates());
  }
  switch (dice_.roll(8)) {
    case 0:
      return make_draw(vehicle, drawn + static_cast<int64_t>(dice_.roll(3)));
    case 1:
      return make_plate(vehicle, "shortlist", plate);
    case 2:
      return make_plate(vehicle, "confirm", plate);
    case 3:
      return code_step(vehicle, "submit");
    case 4:
      return code_step(vehicle, "verify");
    case 5:
      return make(vehicle, "leave");
    case 6: {
      Sent sent;
      sent.frame = fmt::format(R"({{"id":{},"op":"vehicles"}})", next_id_++);
      return sent;
    }
    default:
      return make(vehicle, "enter");
  }
}

Citizens::Sent Citizens::nonsense() {
  constexpr std::array<const char*, 6> kFrames = {
      "",
      "{",
      "[1,2]",
      R"({"id":1,"op":"steal","vehicle":"X"})",
      R"({"id":"x","op":"draw","vehicle":"LA0","draw":-1,"without4":0})",
      R"({"id":2,"op":"confirm","vehicle":"LA0","plate":"粤B"})"};
  Sent sent;
  sent.frame = dice_.one_of(kFrames);
  if (dice_.chance(30)) {
    for (std::size_t i = 0; i < 20; ++i) {
      sent.frame += static_cast<char>(dice_.roll(256));
    }
  }
  return sent;
}

void Citizens::send(SimulatedServer& server, Device& device, Sent sent) {
  sent.request.owner = device.owner;
  oracle_.asked(sent.request);
  ++counts_.requests;
  device.last = sent;
  const std::string frame = sent.frame;
  device.unanswered.push_back(std::move(sent));
  server.receive(*device.connection, frame);
}

void Citizens::act(SimulatedServer& server) {
  Device& device = devices_[dice_.roll(devices_.size())];
  if (!device.connection) {
    device.connection = server.connect(device.owner);
    by_connection_[device.connection->slot] = static_cast<std::size_t>(&device - devices_.data());
    if (dice_.chance(80)) {
      send(server, device, make(dice_.one_of(device.vehicles), "enter"));
    }
  }
  if (dice_.chance(4)) {
    server.disconnect(*device.connection);
    disconnect(device);
    return;
  }
  if (device.unanswered.size() >= kUnansweredMax) {
    return;
  }
  if (!device.to_repeat.empty()) {
    Sent sent = std::move(device.to_repeat.back());
    device.to_repeat.pop_back();
    ++counts_.repeated;
    send(server, device, std::move(sent));
  } else if (device.last && dice_.chance(8)) {
    ++counts_.repeated;
    send(server, device, *device.last);
  } else if (dice_.chance(3)) {
    send(server, device, nonsense());
  } else if (dice_.chance(10)) {
    send(server, device, any_step(device));
  } else {
    send(server, device, next_step(device, dice_.one_of(device.vehicles)));
  }
}

void Citizens::act_on(SimulatedServer& server, const std::string& vehicle) {
  for (Device& device : devices_) {
    if (device.connection && device.seen.contains(vehicle) &&
        device.unanswered.size() < kUnansweredMax) {
      send(server, device, next_step(device, vehicle));
      return;
    }
  }
}

// --- Answers ---

void Citizens::hear(ConnectionId connection, std::string_view text) {
  Device& device = devices_.at(by_connection_.at(connection.slot));
  json::error_code error;
  const json::value message = json::parse({text.data(), text.size()}, error);
  const json::object& object = message.as_object();
  if (const json::value* const event = object.if_contains("event")) {
    ++counts_.pushes;
    if (event->as_string() == "application") {
      const Face face = read_face(object.at("application").as_object());
      oracle_.pushed(face);
      hear_face(device, face);
    }
    return;
  }
  hear_answer(device, object);
}

void Citizens::hear_answer(Device& device, const json::object& message) {
  ++counts_.answers;
  const Sent sent = std::move(device.unanswered.front());
  device.unanswered.pop_front();
  if (const json::value* const error = message.if_contains("error")) {
    const std::string code(error->as_object().at("code").as_string());
    if (!sent.request.op.empty()) {
      oracle_.refused(sent.request, code);
    }
    if (code == "wrong_code" || code == "code_expired" || code == "too_many_tries") {
      codes_.erase(code_key(sent.request.vehicle, sent.request.op));
    }
    return;
  }
  const json::object& ok = message.at("ok").as_object();
  if (!ok.contains("step")) {
    return;
  }
  const Face face = read_face(ok);
  oracle_.answered(sent.request, face);
  codes_.erase(code_key(face.vehicle, sent.request.op));
  hear_face(device, face);
}

void Citizens::hear_face(Device& device, const Face& face) {
  const auto [seen, first] = device.seen.try_emplace(face.vehicle, face);
  if (!first) {
    if (face.version < seen->second.version) {
      oracle_.complain(face.vehicle, "an older version came after a newer one");
    }
    seen->second = face;
  }
}

void Citizens::receive_sms(std::string_view text) {
  constexpr std::string_view kBefore = "验证码";
  constexpr std::string_view kVehicle = "（车辆";
  const std::size_t code = text.find(kBefore) + kBefore.size();
  const std::size_t vehicle = text.find(kVehicle) + kVehicle.size();
  const bool submit = text.find("用于提交") != std::string_view::npos;
  codes_[code_key(text.substr(vehicle, 6), submit ? "submit" : "verify")] = text.substr(code, 6);
}

void Citizens::disconnect(Device& device) {
  counts_.lost += device.unanswered.size();
  if (dice_.chance(80)) {
    // The page shows what was asked for last, and asks again.
    while (!device.unanswered.empty()) {
      device.to_repeat.push_back(std::move(device.unanswered.back()));
      device.unanswered.pop_back();
    }
  }
  device.unanswered.clear();
  device.connection.reset();
  device.seen.clear();
}

void Citizens::all_disconnected() {
  for (Device& device : devices_) {
    if (device.connection) {
      disconnect(device);
    }
  }
  by_connection_.clear();
}

}  // namespace plated
