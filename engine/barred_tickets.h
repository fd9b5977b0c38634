// Tickets that are worth nothing any more though their signature holds and their end has not come:
// spent, where one is good for one entrance only, or revoked by an operator. What is here is
// forgotten once every ticket that it could bar has run out by itself, so its size is that of what
// a day brings.
// Deterministic: the same events leave the same state. Not thread-safe; Engine holds the mutex.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "engine/hash_table.h"
#include "engine/operators.h"
#include "engine/service_events.h"
#include "engine/types.h"

namespace plated {

// A ticket as far as it matters here.
struct TicketUse {
  std::string_view owner;
  std::string_view jti;                 // empty: it has none, and cannot be spent
  CivilTime issued = CivilTime::min();  // min: it does not say
  CivilTime ends = CivilTime::min();    // the first moment at which it is worth nothing
  TicketMark session{};                 // what a browser shows beside it, hashed; zeros: nothing
};

enum class TicketStanding : uint8_t { good, spent, revoked };

// Tells a ticket apart from all others that the platform has signed.
[[nodiscard]] TicketMark ticket_mark(std::string_view owner, std::string_view jti);

class BarredTickets {
 public:
  static constexpr std::size_t kSpentMax = 4'000'000;
  static constexpr std::size_t kRevokedMax = 100'000;

  // Each changes what the event says, and forgets tickets that have ended by `now`.
  void apply(const TicketSpent& event, const Now& now);
  void apply(const TicketsRevoked& event, const Now& now);

  // A ticket that was spent is still good for the browser that entered with it.
  [[nodiscard]] TicketStanding standing(const TicketUse& ticket, CivilTime now) const;
  // Whether no more can be remembered: the caller refuses the next.
  [[nodiscard]] bool full_of_spent() const { return spent_.size() >= kSpentMax; }
  [[nodiscard]] bool full_of_revoked() const { return revoked_.size() >= kRevokedMax; }
  // Whether this revocation bars nothing at `now` that is not barred already. A jti is one ticket,
  // whenever it was issued; of an owner a later revocation always bars more.
  [[nodiscard]] bool is_revoked(const RevokeTickets& wish, CivilTime now) const;
  // The first moment at which these are not barred any more; nothing: they are not at `now`.
  [[nodiscard]] std::optional<CivilTime> barred_until(std::string_view owner, std::string_view jti,
                                                      CivilTime now) const;

  friend class StateReader;
  friend class StateWriter;

 private:
  struct Spent {
    TicketMark session{};
    CivilTime until{};
  };
  struct Revoked {
    CivilTime before{};
    CivilTime until{};
  };
  // An owner's tickets, or (with the owner empty) the ticket of a jti.
  using Whose = std::pair<std::string, std::string>;

  void keep(const TicketMark& mark, const Spent& spent);

  boost::unordered_flat_map<TicketMark, Spent, HashOfHash> spent_;
  std::multimap<CivilTime, TicketMark> ends_;  // of what is spent, for forgetting
  std::map<Whose, Revoked> revoked_;
};

}  // namespace plated
