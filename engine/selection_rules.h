// The rules of selection: what a citizen's command, or the passing of time, comes to. Pure
// functions: what is known goes in, an event or a refusal comes out. Nothing here changes an
// application or a pool, takes a mutex or appends; chance is passed in, and the events' lists are
// written into what the caller keeps for them. Engine is the caller.
//
// The order of refusals is that of the rules: first whether the command was done before (then it is
// repeated and neither event nor refusal comes out), then refusal_of, then what is particular.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/application.h"
#include "engine/commands.h"
#include "engine/draw_stream.h"
#include "engine/entropy.h"
#include "engine/events.h"
#include "engine/pool.h"
#include "engine/types.h"

namespace plated {

// What a command comes to. With neither refusal nor event it was done before.
template <class E>
struct Decision {
  Refusal refusal = Refusal::none;
  std::optional<E> event{};
  std::optional<Millis> retry_in{};  // with a refusal that time may cure
};

// The application's name in events; its texts stand in the roster.
[[nodiscard]] ApplicationRef reference_of(const ApplicationSite& site);

// Submits what stands in `submit`, with the terms in force and the right code. Repeated without
// harm in any later step. Refuses terms_outdated, then what is wrong with the code.
[[nodiscard]] Decision<Submitted> decide_submit(const ApplicationSite& site, const Submit& command);

// Opens the choice for `verified_for`, with the right code, in an open office. Repeated without
// harm once verified. Refuses what is wrong with the code.
[[nodiscard]] Decision<Verified> decide_verify(const ApplicationSite& site, const Verify& command);

// A draw's random stream, computed before the locks, and what it was computed for.
struct PreparedDraw {
  uint32_t application = 0;
  uint32_t draw = 0;
  Day period{};
  std::optional<DrawStream> stream;
};

// Room for the lists of one draw; the event points into it.
struct DrawLists {
  std::array<Pick, kBatchSizeMax>& picks;
  std::vector<PlateNumber>& kept;
  std::vector<PlateNumber>& released;
};

// What can be said of a draw before its pool is locked: none when it is the latest again, or why it
// is refused (wrong_draw_number, no_draws_left; pool_empty where there is no pool at all). Nothing
// said: decide_draw has the word.
[[nodiscard]] std::optional<Refusal> decide_draw_without_pool(const ApplicationSite& site,
                                                              const Draw& command, bool has_pool);

// A batch of up to `batch_size` free plates, filled up from the last one's where the pool has too
// few. Requires that decide_draw_without_pool said nothing, under the same locks. Refuses all_held
// (with when to try again) or pool_empty when not one plate matches, and overloaded when the stream
// was prepared for another draw or period: prepare it again. Uses up the stream.
[[nodiscard]] Decision<Drawn> decide_draw(const ApplicationSite& site, const Draw& command,
                                          const Pool& pool, PreparedDraw& prepared,
                                          const DrawLists& lists);

// Puts a plate of the live batch on the shortlist, back for the one that was chosen of this batch
// before. Repeated without harm while it stands there. Refuses not_in_batch, or expired when the
// batch is over.
[[nodiscard]] Decision<Shortlisted> decide_shortlist(const ApplicationSite& site,
                                                     const ShortlistPlate& command);

// Reserves a plate of the live shortlist and frees every other hold, listed in `released`. Repeated
// without harm for the plate that is reserved. Refuses already_confirmed for another one,
// not_on_shortlist, or expired when the shortlist is over.
[[nodiscard]] Decision<Confirmed> decide_confirm(const ApplicationSite& site,
                                                 const ConfirmPlate& command, Entropy& entropy,
                                                 std::vector<PlateNumber>& released);

// Whether a code for `purpose` may be sent, and what sending it needs to know, into `out`.
[[nodiscard]] Refusal decide_code(const ApplicationSite& site, CodePurpose purpose,
                                  CodeRequest& out);

// What due_of found, as the event that makes it a fact. Requires that it is due. `released` is the
// room for the plates that become free.
[[nodiscard]] Event decide_due(const ApplicationSite& site, Due due, Entropy& entropy,
                               std::vector<PlateNumber>& released);

// Whether nothing becomes a fact by itself: a lapsed application's next one begins when its owner
// comes, or together with the lapse.
[[nodiscard]] bool waits_for_owner(const ApplicationSite& site);

// Whether a plate on its way back has arrived. Never while its office's time stands still.
[[nodiscard]] bool return_is_due(const Office& office, OfficeTick returns_at, const Now& now);

}  // namespace plated
