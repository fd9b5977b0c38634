// Writing the state out: every item of it, as plain values, in the order that state.h gives.

#include "engine/engine_parts.h"
#include "engine/state.h"

namespace plated {
namespace {

// Free plates, lists and loaded bits come in parts of so many elements, at multiples of it.
constexpr std::size_t kPartElements = 8192;

template <class T, class Emit>
void in_parts(std::span<const T> all, Emit&& emit) {
  for (std::size_t i = 0; i < all.size(); i += kPartElements) {
    emit(static_cast<uint32_t>(i), all.subspan(i, std::min(kPartElements, all.size() - i)));
  }
}

}  // namespace

void StateWriter::write(Engine& engine, const Consumer& consume) {
  const Register& all = engine.parts_->state;
  consume(ServiceState{all.founded(), all.surroundings().rehearsal,
                       all.surroundings().lapses_suspended});
  if (all.keys().mark().generation > 0) {
    consume(KeyStoreState{all.keys().mark(), all.keys().destroyed()});
  }
  for (const auto& [version, terms] : all.terms()) {
    consume(TermsState{version, terms.zh, terms.en});
  }
  for (const auto& [code, office] : all.offices()) {
    write_office(*office, consume);
    if (office->waiting.set_up) {
      write_room(*office, all.room(code).room.already_held(), consume);
    }
  }
  for (const auto& [key, cell] : all.pools()) {
    write_pool(cell->already_held(), consume);
  }
  for (const auto& cell : all.shards()) {
    write_people(cell->already_held(), consume);
  }
  write_codes(all, consume);
  for (const auto& [key, cell] : all.pools()) {
    write_taken(all, cell->already_held(), consume);
  }
  for (const auto& cell : all.shards()) {
    for (const auto& [key, plate_return] : cell->already_held().returns_) {
      consume(ReturnState{plate_return->owner, plate_return->pool, plate_return->plate,
                          plate_return->at});
    }
    for (const auto& [id, n] : cell->already_held().notices_) {
      consume(NoticeState{Sequence{id}, n.kind, n.owner, n.vehicle.view(), n.plate.pool,
                          n.plate.number, n.deadline, n.blacklisted_until, n.at});
    }
  }
  write_waiting(all, consume);
  write_tickets(all.tickets().already_held(), consume);
}

void StateWriter::write_tickets(const BarredTickets& tickets, const Consumer& consume) {
  for (const auto& [until, mark] : tickets.ends_) {
    consume(SpentTicketState{mark, tickets.spent_.at(mark).session, until});
  }
  for (const auto& [whose, revoked] : tickets.revoked_) {
    consume(RevokedTicketsState{whose.first, whose.second, revoked.before, revoked.until});
  }
}

void StateWriter::write_office(const Office& office, const Consumer& consume) {
  consume(OfficeRecord{.office = office.code,
                       .name = office.name,
                       .time_zone = office.time_zone,
                       .settings = {office.code, office.settings, office.settings.terms, kNobody},
                       .schedule = office.schedule,
                       .holidays = office.calendar.holidays,
                       .workdays = office.calendar.workdays,
                       .open = office.open,
                       .open_said = office.open_said,
                       .overlay = office.overlay,
                       .reason = office.reason,
                       .schedule_changes = office.schedule_changes.value_or(CivilTime::max()),
                       .stood = office.stood,
                       .stands_since = office.stands_since.value_or(Tick::max())});
  if (office.contact != OfficeContact{}) {
    consume(OfficeContactState{office.code, office.contact.address, office.contact.telephone,
                               office.contact.hours});
  }
  if (office.edition > 0) {
    consume(OfficeEditionState{office.code, office.edition});
  }
  for (const Office::DayStart& day : office.days) {
    consume(OfficeDayState{office.code, day.day, day.began, day.lapse_grace});
  }
}

void StateWriter::write_room(const Office& office, const WaitingRoom& room,
                             const Consumer& consume) {
  consume(WaitingRoomState{
      .office = office.code,
      .values = office.settings,
      .shut = office.waiting.shut,
      .shut_since = office.waiting.shut_since.value_or(Tick::max()),
      .lobby_drawn = office.waiting.lobby_drawn.value_or(CivilTime::max()),
      .opening = room.in_lobby() > 0 ? room.opening() : CivilTime{},
  });
  for (const Period& period : room.periods()) {
    consume(LobbyPeriodState{office.code, period.day, period.commitment});
  }
}

void StateWriter::write_pool(const Pool& pool, const Consumer& consume) {
  const PoolKey key = pool.key_;
  consume(PoolState{key, pool.next_segment_, pool.listing_segment_, pool.room_with4_,
                    pool.room_without4_, pool.loaded_, pool.held_[0], pool.held_[1],
                    pool.returning_[0], pool.returning_[1], pool.reserved_, pool.issued_,
                    pool.unreleased_, pool.withheld_by_operator_});
  const auto list = [&](uint32_t segment, std::span<const PlateNumber> plates) {
    in_parts(plates, [&](uint32_t offset, auto part) {
      consume(ListPart{key, segment, offset, part});
    });
  };
  for (const Segment& s : pool.segments_) {
    consume(SegmentState{key, s.number, s.from, s.to, s.all_zero, s.plates, s.release_at,
                         s.loaded_at, s.released, s.note});
    list(s.number, s.list);
  }
  list(0, pool.listing_);
  in_parts(std::span<const uint64_t>(pool.loaded_bits_), [&](uint32_t offset, auto part) {
    consume(LoadedPart{key, offset, part});
  });
  in_parts(pool.free_.without4(), [&](uint32_t offset, auto part) {
    consume(FreePart{key, true, offset, part});
  });
  in_parts(pool.free_.with4(), [&](uint32_t offset, auto part) {
    consume(FreePart{key, false, offset, part});
  });
  for (const Period& period : pool.periods_) {
    consume(PeriodState{key, period.day, period.commitment, period.began});
  }
}

void StateWriter::write_taken(const Register& all, const Pool& pool, const Consumer& consume) {
  for (const auto& [number, taken] : pool.taken_) {
    TakenState item{pool.key_, PlateNumber{number}, taken.state, taken.why, {}, {}};
    if (taken.state == PlateState::withheld) {
      if (taken.why == WithheldWhy::by_operator) {
        item.reason = pool.reasons_[taken.reason];
      }
    } else {
      const Roster& roster = all.shards()[taken.holder.shard]->already_held().roster();
      item.vehicle = roster.vehicle(taken.holder.index).id.view();
    }
    consume(item);
  }
}

void StateWriter::write_people(const Shard& shard, const Consumer& consume) {
  const Roster& roster = shard.roster();
  for (uint32_t i = 0; i < roster.owners(); ++i) {
    const Owner& o = roster.owner(i);
    const OwnerDetails& details = o.details();
    consume(OwnerState{o.id(), o.kind, o.countdown_times, o.blacklisted_until,
                       details.blacklist_reason, details.key, details.sealed});
  }
  for (uint32_t i = 0; i < roster.vehicles(); ++i) {
    if (roster.vehicle(i).owner != kNoIndex) {
      write_vehicle(shard, roster.vehicle(i), consume);
    }
  }
}

void StateWriter::write_codes(const Register& all, const Consumer& consume) {
  if (all.codes_day() == Day{}) {
    return;
  }
  consume(CodesDayState{all.codes_day()});
  for (const auto& cell : all.shards()) {
    cell->already_held().each_code_count([&](const CodeCount& c) {
      consume(CodesState{c.owner, c.vehicle, c.application, c.day, c.sent[0], c.sent[1],
                         c.sent_in_all, c.misses});
    });
  }
}

void StateWriter::write_waiting(const Register& all, const Consumer& consume) {
  const auto id_of = [&all](uint32_t shard, uint32_t owner) {
    return all.shards()[shard]->already_held().roster().owner(owner).id();
  };
  for (const auto& [code, office] : all.offices()) {
    const OfficeCode at = code;
    const WaitingRoom& room = all.room(at).room.already_held();
    uint32_t index = 0;
    room.each_in_lobby([&](PlaceNumber, const Waiter& waiter) {
      consume(PlaceState{.office = at,
                         .owner = id_of(waiter.shard, waiter.owner),
                         .stage = Stage::lobby,
                         .index = index++});
    });
    index = 0;
    room.queue().each([&](PlaceNumber place, const Waiter& waiter) {
      const auto kept_until = room.kept_until(place);
      consume(PlaceState{.office = at,
                         .owner = id_of(waiter.shard, waiter.owner),
                         .stage = Stage::queue,
                         .index = index++,
                         .passed_over = kept_until.has_value(),
                         .until = kept_until.value_or(OpenTick{})});
    });
  }
  for (std::size_t i = 0; i < all.shards().size(); ++i) {
    const Shard& shard = all.shards()[i]->already_held();
    shard.standings().each_acting(
        [&](uint32_t owner, OfficeCode office, OpenTick until, bool code_left) {
          consume(PlaceState{.office = office,
                             .owner = shard.roster().owner(owner).id(),
                             .stage = Stage::admitted,
                             .code_left = code_left,
                             .until = until});
        });
  }
}

void StateWriter::write_vehicle(const Shard& shard, const Vehicle& v, const Consumer& consume) {
  const Application& a = v.application;
  const Reservation& r = shard.roster().reservation(a);
  VehicleState item{.owner = shard.roster().owner(v.owner).id(),
                    .vehicle = v.id.view(),
                    .pool = v.pool,
                    .plate = v.plate.view(),
                    .application = a.number,
                    .version = a.version,
                    .draws_left = a.draws_left,
                    .draw = a.draw,
                    .step = a.step,
                    .forfeit = a.forfeit,
                    .reminded = a.reminded,
                    .verified_until = a.verified_until,
                    .reserved = r.plate,
                    .automatic = r.automatic,
                    .deadline = r.deadline,
                    .confirmed_at = r.confirmed_at,
                    .sequence = r.sequence,
                    .voucher = r.voucher,
                    .has_holds = a.holds != kNoIndex,
                    .holds = {}};
  if (item.has_holds) {
    const Holds& h = shard.roster().holds(a);
    item.holds = {h.batch.view(),  h.shortlist.view(), h.batch_live,     h.shortlist_live,
                  h.fallback_held, h.picked,           h.batch_deadline, h.shortlist_deadline};
  }
  consume(item);
}

}  // namespace plated
