// What is served around a NetWorld: the parts of an HTTP and of a net, of a rehearsal in which
// everything is durable and no time passes for connections. A test changes what it is about.
#pragma once

#include <optional>
#include <string_view>

#include "net/protocol/ticket.h"
#include "net/server/public_net.h"
#include "net/web/public_http.h"
#include "tests/net/net_world.h"

namespace plated {

inline constexpr Sequence kEverythingDurable{UINT64_MAX};

inline PublicHttp::Parts http_parts_of(NetWorld& world, const TicketVerifier& tickets) {
  return {.engine = world.engine,
          .ticks = world.ticks,
          .monotonic = [] { return Millis(1); },
          .tickets = tickets,
          .open = [](uint64_t, std::string_view) { return std::nullopt; },
          .revealed = [](PoolKey, Day) { return std::nullopt; },
          .not_ready = [] { return std::nullopt; },
          .demo_ticket = nullptr,
          .is_durable = [](Sequence) { return true; },
          .rehearsal = true,
          .public_url = {}};
}

inline PublicNetParts net_parts_of(NetWorld& world, PublicHttp& http,
                                   const TicketVerifier& tickets) {
  return {.engine = world.engine,
          .codes = world.desk,
          .http = http,
          .ticks = world.ticks,
          .monotonic = [] { return Millis(0); },
          .upgrade = {&tickets, false, {}},
          .limits = {},
          .rehearsal_office = world.office,
          .durable = kEverythingDurable,
          .log_run = {[] {}, [] {}}};
}

}  // namespace plated
