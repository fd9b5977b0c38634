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
  // The office's own service time at `now`, which its countdowns go by.
  [[nodiscard]] OfficeTick office_now() const { return office.at(now.tick); }
  // What clients are told; see Application::version.
  [[nodiscard]] uint32_t version() const { return application().version + office.edition; }
  // Whether the owner may not select at `now`.
  [[nodiscard]] bool blacklisted() const { return owner.blacklisted(now.civil); }
};

// What is due of an application: what has to be recorded as an event before anything else is
// decided, because its moment has passed.
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
// The one of these that comes first at `site.now`. Recording it may make another one due, so the
// caller records it and calls this anew until nothing is due.
[[nodiscard]] Due due_of(const ApplicationSite& site);

// When something is next due: at a tick of the office, or when one of its days has begun, whichever
// comes first; or never.
struct Waits {
  OfficeTick until = kNever;   // ms of the office's service time
  std::optional<Day> for_day;  // of the office's calendar; nothing: no day
};
// What the application waits for. With something due already: a moment that is not ahead.
[[nodiscard]] Waits waits_of(const ApplicationSite& site);

// What a request needs of the application's surroundings, in the order in which refusals come:
// maintenance, blacklist, step, paused or closed.
struct Needs {
  Step step = Step::pick;
  bool open = false;  // refused with not_open when the office is closed
};
// The first refusal that holds, or Refusal::none when the application is as the request needs it.
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
// What the end of the batch's countdown sets free; the fallback stays. Both replace what is in
// `out`.
void list_batch_expiry(const Application& application, const Holds& holds,
                       std::vector<PlateNumber>& out);
// What the end of the shortlist's countdown sets free; the fallback stays.
void list_shortlist_expiry(const Application& application, const Holds& holds,
                           std::vector<PlateNumber>& out);

// A countdown that begins now, lengthened for owners who need more time.
[[nodiscard]] OfficeTick countdown(const ApplicationSite& site, Millis hold);
// A shortlist's countdown that begins now: never less than what the batch has left.
[[nodiscard]] OfficeTick shortlist_countdown(const ApplicationSite& site,
                                             OfficeTick batch_deadline);

}  // namespace plated
