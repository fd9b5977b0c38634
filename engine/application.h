// The rules of one application, as pure functions: what is due, and when something next will be,
// which refusal comes first, and how the application is shown. Nothing here changes anything;
// selection_rules.h decides with these, and Shard changes.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/commands.h"
#include "engine/office.h"
#include "engine/roster.h"
#include "engine/types.h"

namespace plated {

// One application with everything that its rules look at. `holds` is null when it never drew,
// `reservation` an empty one before `done`.
struct ApplicationSite {
  const Vehicle& vehicle;
  const Owner& owner;
  const Holds* holds;
  const Reservation& reservation;
  const Office& office;
  Now now;
  bool lapses_suspended = false;  // civil time jumped and nobody has accepted it

  [[nodiscard]] const Application& application() const { return vehicle.application; }
  [[nodiscard]] OfficeTick office_now() const { return office.at(now.tick); }
  [[nodiscard]] bool blacklisted() const { return owner.blacklisted(now.civil); }
};

// What must become a fact before anything else is decided. At most one at a time: settle it, ask
// again.
enum class Due : uint8_t {
  nothing,
  forfeit,
  batch_expiry,
  shortlist_expiry,
  auto_confirm,
  verification_end,
  lapse,
  reminder,
  next_application,
};
[[nodiscard]] Due due_of(const ApplicationSite& site);

// When something is next due: at a tick of the office, or when one of its days has begun, whichever
// comes first; or never.
struct Waits {
  OfficeTick until = kNever;
  std::optional<Day> for_day;
};
[[nodiscard]] Waits waits_of(const ApplicationSite& site);

// What a request needs of the application's surroundings, in the order in which refusals are told:
// maintenance, blacklist, step, paused or closed.
struct Needs {
  Step step = Step::pick;
  bool open = false;  // refused with not_open when the office is closed
};
[[nodiscard]] Refusal refusal_of(const ApplicationSite& site, const Needs& needs);

// The refusal of `enter`, which finished applications escape in part.
[[nodiscard]] Refusal entry_refusal_of(const ApplicationSite& site);

// Fills `view` with the application as it is.
void show(const ApplicationSite& site, ApplicationView& view);

// Until when a refusal with this reason lasts, if that is known.
[[nodiscard]] std::optional<CivilTime> lasts_until(const ApplicationSite& site, Refusal refusal);

// The last day on which a plate that is confirmed now is to be fetched.
[[nodiscard]] Day deadline_of_confirmation(const ApplicationSite& site);

// Until when a blacklisting for a lapse or a void that begins now lasts; the epoch when there is
// none, because its years are 0.
[[nodiscard]] CivilTime blacklisting_until(const ApplicationSite& site);

// The live holds that `keep` does not keep, in the order in which they become free: the batch as
// drawn (the shortlisted plate aside), the fallback, the shortlist as chosen.
void list_holds(const Holds& holds, PlateNumber keep, std::vector<PlateNumber>& out);
// What the end of the batch's, then of the shortlist's countdown sets free; the fallback stays.
void list_batch_expiry(const Application& application, const Holds& holds,
                       std::vector<PlateNumber>& out);
void list_shortlist_expiry(const Application& application, const Holds& holds,
                           std::vector<PlateNumber>& out);

// A countdown that begins now, lengthened for owners who need more time.
[[nodiscard]] OfficeTick countdown(const ApplicationSite& site, Millis hold);
// A shortlist's countdown that begins now: never less than what the batch has left.
[[nodiscard]] OfficeTick shortlist_countdown(const ApplicationSite& site,
                                             OfficeTick batch_deadline);

}  // namespace plated
