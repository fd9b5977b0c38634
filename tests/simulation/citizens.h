// The owners with their devices. They speak the protocol as text, as a page does, but worse: they
// lose connections in the middle, repeat what was not answered, send things twice, use two devices
// for one vehicle, and sometimes send nonsense. What they are answered goes to the oracle.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/simulation/oracle.h"
#include "tests/simulation/server.h"

namespace plated {

class Citizens {
 public:
  struct Counts {
    uint64_t requests = 0;
    uint64_t answers = 0;  // heard, so acknowledged
    uint64_t pushes = 0;
    uint64_t repeated = 0;
    uint64_t lost = 0;  // answers that never came
  };

  Citizens(Dice& dice, Oracle& oracle, bool rehearsal)
      : dice_(dice), oracle_(oracle), rehearsal_(rehearsal) {}

  void add_owner(const std::string& owner, const std::vector<std::string>& vehicles,
                 std::size_t devices);
  // Some device does something.
  void act(SimulatedServer& server);
  // A device that knows this vehicle goes on with it.
  void act_on(SimulatedServer& server, const std::string& vehicle);
  void hear(ConnectionId connection, std::string_view text);
  void receive_sms(std::string_view text);
  // The server is gone, and every connection with it.
  void all_disconnected();

  [[nodiscard]] const Counts& counts() const { return counts_; }

 private:
  struct Sent {
    AskedRequest request;
    std::string frame;
  };
  struct Device {
    std::string owner;
    std::vector<std::string> vehicles;
    std::optional<ConnectionId> connection;
    std::deque<Sent> unanswered;
    std::vector<Sent> to_repeat;  // was sent over a connection that broke
    std::optional<Sent> last;
    std::map<std::string, Face> seen;
  };

  void disconnect(Device& device);
  void send(SimulatedServer& server, Device& device, Sent sent);
  [[nodiscard]] Sent next_step(Device& device, const std::string& vehicle);
  [[nodiscard]] Sent pick_step(const Face& face);
  [[nodiscard]] Sent code_step(const std::string& vehicle, const std::string& purpose);
  [[nodiscard]] Sent any_step(const Device& device);
  [[nodiscard]] Sent nonsense();
  [[nodiscard]] Sent make(const std::string& vehicle, const std::string& op,
                          const std::string& more = {});
  [[nodiscard]] Sent make_draw(const std::string& vehicle, int64_t draw);
  [[nodiscard]] Sent make_plate(const std::string& vehicle, const std::string& op,
                                const std::string& plate);
  void hear_answer(Device& device, const boost::json::object& message);
  void hear_face(Device& device, const Face& face);

  Dice& dice_;
  Oracle& oracle_;
  const bool rehearsal_;
  std::vector<Device> devices_;
  std::map<uint32_t, std::size_t> by_connection_;  // slot to device
  std::map<std::string, std::string> codes_;       // that came by SMS, by vehicle's end and purpose
  std::vector<std::string> vehicles_;
  uint64_t next_id_ = 1;
  Counts counts_;
};

}  // namespace plated
