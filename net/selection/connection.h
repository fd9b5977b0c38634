// What net knows of one connection to /v1/select besides its socket: its name among all of them,
// who is behind it and from where, and what it is owed. And which vehicles it watches, with the
// last version of each that it was told; and in which waiting rooms its owner has a place, as it
// was told last. Belongs to the connection's thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/commands.h"
#include "engine/types.h"
#include "net/protocol/message.h"
#include "net/selection/pace.h"
#include "net/selection/peer_address.h"

namespace plated {

// A connection: its place on its thread, and which of all that had this place it is.
struct ConnectionId {
  uint16_t thread = 0;
  uint32_t slot = 0;
  uint32_t generation = 0;  // from 1
  friend bool operator==(const ConnectionId&, const ConnectionId&) = default;
};
inline constexpr ConnectionId kNoConnection{};

// Tells owners apart where their names would be too long to compare.
[[nodiscard]] inline uint64_t owner_mark(std::string_view owner) {
  uint64_t mark = 0xcbf29ce484222325U;  // FNV-1a
  for (const char c : owner) {
    mark = (mark ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  }
  return mark;
}

struct Watched {
  VehicleId vehicle;
  OfficeCode office;
  uint32_t version = 0;      // the greatest that this connection was told
  uint32_t hint = kNoIndex;  // where the engine found it
};

inline constexpr std::size_t kPlacesMax = 4;  // of which one connection hears

struct Caller {
  std::string owner;
  ConnectionId connection;
  PeerAddress peer;
  Pace pace;
  std::shared_ptr<OwnerPace> owner_pace;  // null: only where no limit is for owners
  std::vector<Watched> watched;           // at most kWatchedMax
  std::vector<PlaceView> places;          // at most kPlacesMax, one of an office, the latest last
  Micros places_looked_at{std::chrono::seconds(-1)};
  uint32_t in_line = kNoIndex;  // where WaitingCallers has it
  uint32_t parked = 0;          // messages for it that are at the gate
  uint16_t in_flight = 0;       // of these, answers
  bool hears = true;            // false: it is closing, and told nothing more
  bool dismissed = false;       // bye comes after the answers that it is owed

  [[nodiscard]] Watched* find(std::string_view vehicle) {
    const auto found = std::find_if(watched.begin(), watched.end(),
                                    [&](const Watched& w) { return w.vehicle.view() == vehicle; });
    return found == watched.end() ? nullptr : &*found;
  }
  // It is being told of a place, and hears how that goes from now on.
  void waits_at(const PlaceView& place) {
    waits_no_more(place.office);
    if (places.size() == kPlacesMax) {
      places.erase(places.begin());
    }
    places.push_back(place);
  }
  // It hears nothing more of that office's waiting room.
  void waits_no_more(OfficeCode office) {
    std::erase_if(places, [&](const PlaceView& place) { return place.office == office; });
  }
  // Whether `version` of a vehicle is to be told: it is watched, and neither was told nor waits in
  // this version or a newer one. From now on it does.
  [[nodiscard]] bool is_news(std::string_view vehicle, uint32_t version, OfficeCode office) {
    Watched* const found = find(vehicle);
    if (found == nullptr || version <= found->version) {
      return false;
    }
    found->version = version;
    found->office = office;
    return true;
  }
};

// Messages for one connection, one behind the other, in the order in which they are to be sent.
struct Messages {
  std::string bytes;
  std::vector<std::size_t> ends;  // where each message ends in `bytes`

  void clear() {
    bytes.clear();
    ends.clear();
  }
  void end_message() { ends.push_back(bytes.size()); }
  [[nodiscard]] std::size_t size() const { return ends.size(); }
  [[nodiscard]] std::string_view operator[](std::size_t i) const {
    const std::size_t begin = i == 0 ? 0 : ends[i - 1];
    return std::string_view(bytes).substr(begin, ends[i] - begin);
  }
};

}  // namespace plated
