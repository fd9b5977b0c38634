// An application as a client was told it: the document of the protocol, read from its text, with
// nothing that this side of the wire could not know.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/commands.h"

namespace plated {

struct Face {
  std::string vehicle;
  std::string step;
  std::string office;
  std::string office_state;
  int64_t at = 0;  // civil time
  int64_t version = 0;
  int64_t draws_left = 0;
  int64_t draw = 0;
  std::vector<std::string> batch;  // empty: none
  int64_t batch_in = 0;
  std::vector<std::string> shortlist;
  int64_t shortlist_in = 0;
  std::string fallback;  // empty: none
  std::optional<int64_t> verified_in;
  std::string reserved;  // the reservation's plate; empty: none
  std::string deadline;
  bool automatic = false;
  std::string voucher;
  int64_t sequence = 0;
  std::string office_says;  // of itself: its name, its terms, years on the blacklist
  std::optional<int64_t> blacklisted_until;  // nothing also when it is over

  [[nodiscard]] bool finished() const { return step == "done" || step == "issued"; }
  // Every plate that is theirs, held or reserved.
  [[nodiscard]] std::set<std::string> plates() const;
};

[[nodiscard]] Face read_face(const boost::json::object& application);
[[nodiscard]] Face face_of(const ApplicationView& application);

// What of the two differs, though one version of an application is always the same; empty: nothing.
// Countdowns are the caller's to compare.
[[nodiscard]] std::string difference(const Face& a, const Face& b);

}  // namespace plated
