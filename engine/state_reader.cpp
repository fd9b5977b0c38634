// Reading the state back in: each item into the fresh engine, refused where it does not fit.

#include <algorithm>

#include "engine/engine_parts.h"
#include "engine/state.h"

namespace plated {

StateReader::StateReader(Engine& engine, Sequence sequence, const Now& now)
    : all_(engine.parts_->state), now_(now) {
  check(all_.offices_.empty() && all_.applied_ == Sequence{}, "a snapshot is read by a new engine");
  all_.applied_ = sequence;
  all_.keep_times(now);
}

bool StateReader::read(const StateItem& item) {
  return std::visit([this](const auto& i) { return take(i); }, item);
}

// Null when it has not come yet.
Office* StateReader::office(OfficeCode code) const {
  const auto found = all_.offices_.find(code);
  return found == all_.offices_.end() ? nullptr : found->second.get();
}

Pool* StateReader::pool(PoolKey key) const {
  Guarded<Pool>* const guarded = all_.pool(key);
  return guarded == nullptr ? nullptr : &guarded->already_held();
}

Shard& StateReader::shard_of(std::string_view owner) const {
  return all_.shard_of(owner).already_held();
}

bool StateReader::take(const ServiceState& item) {
  all_.founded_ = item.founded;
  all_.surroundings_ = {item.rehearsal, item.lapses_suspended};
  return true;
}

bool StateReader::take(const KeyStoreState& item) {
  return all_.keys_.mark().generation == 0 && all_.keys_.restore(item.mark, item.destroyed);
}

bool StateReader::take(const TermsState& item) {
  all_.terms_[std::string(item.version)] = Terms{std::string(item.zh), std::string(item.en)};
  return true;
}

bool StateReader::take(const OfficeRecord& item) {
  auto office = std::make_unique<Office>();
  office->code = item.office;
  office->name = item.name;
  office->time_zone = item.time_zone;
  const auto offset = utc_offset_of(item.time_zone);
  if (!offset || all_.offices_.contains(item.office)) {
    return false;
  }
  office->utc_offset = *offset;
  office->settings = {item.settings.values, {}, std::string(item.settings.terms)};
  office->schedule.assign(item.schedule.begin(), item.schedule.end());
  office->calendar.holidays.assign(item.holidays.begin(), item.holidays.end());
  office->calendar.workdays.assign(item.workdays.begin(), item.workdays.end());
  office->open = item.open;
  office->open_said = item.open_said;
  office->overlay = item.overlay;
  office->reason = item.reason;
  if (item.schedule_changes != CivilTime::max()) {
    office->schedule_changes = item.schedule_changes;
  }
  office->stood = item.stood;
  if (item.stands_since != Tick::max()) {
    office->stands_since = item.stands_since;
  }
  all_.offices_[item.office] = std::move(office);
  all_.rooms_[item.office] = std::make_unique<RoomOfOffice>();
  return true;
}

bool StateReader::take(const WaitingRoomState& item) {
  Office* const office = this->office(item.office);
  if (office == nullptr || office->waiting.set_up) {
    return false;
  }
  static_cast<WaitingValues&>(office->settings) = item.values;
  office->waiting.set_up = true;
  office->waiting.shut = item.shut;
  if (item.shut_since != Tick::max()) {
    office->waiting.shut_since = item.shut_since;
  }
  if (item.lobby_drawn != CivilTime::max()) {
    office->waiting.lobby_drawn = item.lobby_drawn;
  }
  all_.room(item.office).room.already_held().opening_ = item.opening;
  return true;
}

bool StateReader::take(const LobbyPeriodState& item) {
  if (all_.office(item.office) == nullptr) {
    return false;
  }
  auto& periods = all_.room(item.office).room.already_held().periods_;
  if (!periods.empty() && periods.back().day >= item.day) {
    return false;
  }
  periods.push_back({item.day, item.commitment, false});
  return true;
}

bool StateReader::take(const PlaceState& item) {
  Shard& shard = shard_of(item.owner);
  const uint32_t owner = shard.roster().find_owner(item.owner);
  const Office* const office = all_.office(item.office);
  if (owner == kNoIndex || office == nullptr || !office->waiting.set_up) {
    return false;
  }
  const Standing standing = shard.standings().find(owner, item.office);
  if (standing.stage != Stage::none || standing.works()) {
    return false;
  }
  WaitingRoom& room = all_.room(item.office).room.already_held();
  const Waiter waiter{owner, shard.number_};
  switch (item.stage) {
    case Stage::none:
      return false;
    case Stage::lobby:
      shard.standings().take_place(owner, item.office, item.stage,
                                   room.join_lobby(waiter, room.opening_));
      break;
    case Stage::queue: {
      const PlaceNumber place = room.join_queue(waiter);
      shard.standings().take_place(owner, item.office, item.stage, place);
      if (item.passed_over) {
        room.pass_over(place, item.until);
        shard.standings().pass_over(owner, item.office);
      }
      break;
    }
    case Stage::admitted:
      shard.standings().admit(owner, item.office, item.until, item.code_left);
      break;
  }
  if (shard.roster().owner(owner).blacklisted(now_.civil)) {
    shard.end_places_of(owner, PlaceEnd::blacklisted);
  }
  return true;
}

bool StateReader::take(const SpentTicketState& item) {
  BarredTickets& tickets = all_.tickets().already_held();
  if (tickets.spent_.contains(item.mark)) {
    return false;
  }
  tickets.keep(item.mark, {item.session, item.until});
  return true;
}

bool StateReader::take(const RevokedTicketsState& item) {
  auto& revoked = all_.tickets().already_held().revoked_;
  return item.owner.empty() != item.jti.empty() &&
         revoked
             .try_emplace({std::string(item.owner), std::string(item.jti)},
                          BarredTickets::Revoked{item.before, item.until})
             .second;
}

bool StateReader::take(const OfficeContactState& item) {
  Office* const office = this->office(item.office);
  if (office == nullptr || office->contact != OfficeContact{}) {
    return false;
  }
  office->contact = {std::string(item.address), std::string(item.telephone),
                     std::string(item.hours)};
  return true;
}

bool StateReader::take(const OfficeEditionState& item) {
  Office* const office = this->office(item.office);
  if (office == nullptr || office->edition != 0 || item.edition == 0) {
    return false;
  }
  office->edition = item.edition;
  return true;
}

bool StateReader::take(const CodesDayState& item) {
  if (all_.codes_day() != Day{} || item.day == Day{}) {
    return false;
  }
  all_.codes_day_.raise(item.day);
  return true;
}

bool StateReader::take(const CodesState& item) {
  Shard& shard = shard_of(item.owner);
  const uint32_t vehicle = shard.roster().find_vehicle(item.vehicle);
  const uint32_t most =
      std::max({item.sent_to_submit, item.sent_to_verify, item.sent_in_all, item.misses});
  if (vehicle == kNoIndex || item.day > all_.codes_day() || shard.codes_.contains(vehicle) ||
      most > kCodesCountedMax) {
    return false;
  }
  const Roster& roster = shard.roster();
  if (roster.owner(roster.vehicle(vehicle).owner).id() != item.owner) {
    return false;
  }
  const auto small = [](uint32_t count) { return static_cast<uint16_t>(count); };
  shard.codes_[vehicle] = {item.day,
                           item.application,
                           {small(item.sent_to_submit), small(item.sent_to_verify)},
                           small(item.sent_in_all),
                           small(item.misses)};
  return true;
}

bool StateReader::take(const OfficeDayState& item) {
  Office* const office = this->office(item.office);
  if (office == nullptr || (!office->days.empty() && office->days.back().day >= item.day)) {
    return false;
  }
  office->days.push_back({item.day, item.began, item.lapse_grace});
  return true;
}

bool StateReader::take(const PoolState& item) {
  if (pool(item.pool) != nullptr || all_.office(item.pool.office) == nullptr) {
    return false;
  }
  auto& made = all_.pools_[item.pool];
  made = std::make_unique<Guarded<Pool>>(item.pool);
  Pool& p = made->already_held();
  check(p.key() == item.pool && p.free().size() == 0, "a pool that is new is empty");
  p.next_segment_ = item.next_segment;
  p.listing_segment_ = item.listing_segment;
  p.room_with4_ = item.room_with4;
  p.room_without4_ = item.room_without4;
  p.free_.reserve(item.room_with4, item.room_without4);
  p.loaded_ = item.loaded;
  p.held_[0] = item.held_with4;
  p.held_[1] = item.held_without4;
  p.returning_[0] = item.returning_with4;
  p.returning_[1] = item.returning_without4;
  p.reserved_ = item.reserved;
  p.issued_ = item.issued;
  p.unreleased_ = item.unreleased;
  p.withheld_by_operator_ = item.withheld;
  return true;
}

bool StateReader::take(const SegmentState& item) {
  Pool* const p = pool(item.pool);
  if (p == nullptr) {
    return false;
  }
  p->segments_.push_back({item.segment,
                          item.from,
                          item.to,
                          item.all_zero,
                          item.plates,
                          item.release_at,
                          item.loaded_at,
                          item.released,
                          std::string(item.note),
                          {}});
  return true;
}

bool StateReader::take(const ListPart& item) {
  Pool* const p = pool(item.pool);
  if (p == nullptr ||
      (item.segment != 0 && (p->segments_.empty() || p->segments_.back().number != item.segment))) {
    return false;
  }
  auto& list = item.segment == 0 ? p->listing_ : p->segments_.back().list;
  if (list.size() != item.offset) {
    return false;
  }
  list.insert(list.end(), item.plates.begin(), item.plates.end());
  return true;
}

bool StateReader::take(const LoadedPart& item) {
  Pool* const p = pool(item.pool);
  if (p == nullptr || p->loaded_bits_.size() != item.first_word) {
    return false;
  }
  p->loaded_bits_.insert(p->loaded_bits_.end(), item.words.begin(), item.words.end());
  return true;
}

bool StateReader::take(const FreePart& item) {
  Pool* const p = pool(item.pool);
  if (p == nullptr) {
    return false;
  }
  const auto present = item.without4 ? p->free_.without4() : p->free_.with4();
  const uint32_t room = item.without4 ? p->room_without4_ : p->room_with4_;
  if (present.size() != item.offset || item.offset + item.plates.size() > room) {
    return false;
  }
  for (const PlateNumber plate : item.plates) {
    p->free_.put(plate, !item.without4);
  }
  return true;
}

bool StateReader::take(const PeriodState& item) {
  Pool* const p = pool(item.pool);
  if (p == nullptr) {
    return false;
  }
  p->periods_.push_back({item.day, item.commitment, item.began});
  return true;
}

bool StateReader::take(const OwnerState& item) {
  Roster& roster = shard_of(item.owner).roster();
  if (roster.find_owner(item.owner) != kNoIndex) {
    return false;
  }
  Owner& owner = roster.owner(roster.add_owner(item.owner));
  check(owner.vehicle == kNoIndex && !owner.own_details, "an owner that is new has nothing yet");
  owner.kind = item.kind;
  owner.countdown_times = item.countdown_times;
  owner.blacklisted_until = item.blacklisted_until;
  if (!item.blacklist_reason.empty() || item.key != 0 || !item.sealed.empty()) {
    owner.make_details() = {std::string(item.blacklist_reason), item.key, std::string(item.sealed)};
  }
  return true;
}

bool StateReader::take(const VehicleState& item) {
  Shard& shard = shard_of(item.owner);
  Roster& roster = shard.roster();
  const uint32_t owner = roster.find_owner(item.owner);
  if (owner == kNoIndex || roster.find_vehicle(item.vehicle) != kNoIndex ||
      all_.office(item.pool.office) == nullptr || item.holds.batch.size() > kBatchSizeMax ||
      item.draws_left > kDrawsMax || item.draw > kDrawsEver) {
    return false;
  }
  const uint32_t index = roster.add_vehicle(owner, item.vehicle);
  Vehicle& v = roster.vehicle(index);
  shard.facts_of(v, item.pool, item.plate, {});
  Application& a = v.application;
  check(a.holds == kNoIndex && a.reservation == kNoIndex, "a vehicle that is new has nothing yet");
  a.number = item.application;
  a.version = item.version;
  a.draws_left = static_cast<uint16_t>(item.draws_left);
  a.draw = static_cast<uint16_t>(item.draw);
  a.step = item.step;
  a.forfeit = item.forfeit;
  a.reminded = item.reminded;
  a.verified_until = item.verified_until;
  const Reservation reservation{item.reserved,     item.automatic, item.deadline,
                                item.confirmed_at, item.sequence,  item.voucher};
  if (a.step == Step::done || a.step == Step::issued || a.step == Step::lapsed) {
    roster.make_reservation(a) = reservation;
  } else if (reservation != Reservation{}) {
    return false;
  }
  if (reservation.plate != kNoPlate) {
    roster.add_voucher(index);
  }
  if (item.has_holds) {
    Holds& h = roster.make_holds(a);
    h.batch.assign(item.holds.batch);
    h.shortlist.assign(item.holds.shortlist);
    h.batch_live = item.holds.batch_live;
    h.shortlist_live = item.holds.shortlist_live;
    h.fallback_held = item.holds.fallback_held;
    h.picked = item.holds.picked;
    h.batch_deadline = item.holds.batch_deadline;
    h.shortlist_deadline = item.holds.shortlist_deadline;
  }
  if (item.step == Step::pick) {
    shard.standings().verify(owner, item.pool.office);
  }
  return true;
}

bool StateReader::take(const TakenState& item) {
  Pool* const p = pool(item.pool);
  if (p == nullptr) {
    return false;
  }
  Pool::Taken taken{item.state, item.why, VehicleAt{}, 0};
  if (item.state == PlateState::withheld) {
    if (item.why == WithheldWhy::by_operator) {
      taken.reason = p->intern(item.reason);
    }
  } else {
    const Register::Place place = all_.find_vehicle(item.vehicle);
    if (place.shard == nullptr) {
      return false;
    }
    taken.holder = {place.shard->already_held().number_, place.vehicle};
  }
  return p->taken_.try_emplace(item.plate.value, taken).second;
}

bool StateReader::take(const ReturnState& item) {
  Shard& shard = shard_of(item.owner);
  if (pool(item.pool) == nullptr) {
    return false;
  }
  auto plate_return = std::make_unique<PlateReturn>();
  plate_return->kind = Shard::kReturnTimer;
  plate_return->owner = item.owner;
  plate_return->pool = item.pool;
  plate_return->plate = item.plate;
  plate_return->at = item.at;
  return shard.returns_.emplace(Shard::key_of(item.pool, item.plate), std::move(plate_return))
      .second;
}

bool StateReader::take(const NoticeState& item) {
  Shard& shard = shard_of(item.owner);
  return shard.notices_
      .try_emplace(item.notice.value, Notice{item.kind,
                                             std::string(item.owner),
                                             item.vehicle,
                                             {item.pool, item.plate},
                                             item.deadline,
                                             item.blacklisted_until,
                                             item.at})
      .second;
}

void StateReader::finish() {
  check(!finished_, "a state is read once");
  finished_ = true;
  for (const auto& guarded : all_.shards_) {
    Shard& shard = guarded->already_held();
    for (uint32_t i = 0; i < shard.roster().vehicles(); ++i) {
      if (shard.roster().vehicle(i).application.forfeit) {
        shard.rearm_.push_back(i);  // settled at once, even while its office stands
      }
      shard.schedule(i, all_.office_of(shard.roster().vehicle(i)), now_);
    }
    for (const auto& [key, plate_return] : shard.returns_) {
      shard.schedule(*plate_return, *all_.office(plate_return->pool.office), now_);
    }
  }
}

}  // namespace plated
