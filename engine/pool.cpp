#include "engine/pool.h"

#include <algorithm>

#include "engine/check.h"
#include "engine/draw_stream.h"
#include "engine/plate.h"

namespace plated {

PoolCounts Pool::counts() const {
  PoolCounts counts;
  counts.loaded = loaded_;
  counts.free = free_.size();
  counts.held = held_[0] + held_[1];
  counts.reserved = reserved_;
  counts.issued = issued_;
  counts.withheld = unreleased_ + withheld_by_operator_ + returning_[0] + returning_[1];
  counts.free_without4 = free_.size_without4();
  check(counts.free + counts.held + counts.reserved + counts.issued + counts.withheld ==
            counts.loaded,
        "the states of a pool's plates add up to loaded");
  return counts;
}

bool Pool::has_four(PlateNumber plate) const {
  check(plate != kNoPlate, "a plate is asked about");
  return plated::has_four(key_.office, key_.plate_class, plate);
}

bool Pool::loaded(PlateNumber plate) const {
  const std::size_t word = plate.value / 64;
  return word < loaded_bits_.size() && ((loaded_bits_[word] >> (plate.value % 64)) & 1) != 0;
}

uint64_t Pool::coming_back(bool without4) const {
  return held_[1] + returning_[1] + (without4 ? 0 : held_[0] + returning_[0]);
}

const Pool::Taken* Pool::taken(PlateNumber plate) const {
  const auto found = taken_.find(plate.value);
  return found == taken_.end() ? nullptr : &found->second;
}

std::vector<PlateNumber> Pool::taken_as(PlateState state) const {
  std::vector<PlateNumber> plates;
  for (const auto& [number, entry] : taken_) {
    if (entry.state == state) {
      plates.push_back(PlateNumber{number});
    }
  }
  std::sort(plates.begin(), plates.end());
  return plates;
}

std::optional<uint32_t> Pool::place_of(PlateNumber plate) const {
  const bool four = has_four(plate);
  const auto plates = four ? free_.with4() : free_.without4();
  const auto found = std::find(plates.begin(), plates.end(), plate);
  if (found == plates.end()) {
    return std::nullopt;
  }
  const auto offset = static_cast<uint32_t>(found - plates.begin());
  return four ? free_.size_without4() + offset : offset;
}

bool Pool::unreleased(PlateNumber plate) const {
  return std::any_of(segments_.begin(), segments_.end(), [&](const Segment& segment) {
    if (segment.released) {
      return false;
    }
    if (segment.from == kNoPlate) {
      return std::binary_search(segment.list.begin(), segment.list.end(), plate);
    }
    return segment.from <= plate && plate <= segment.to &&
           (segment.all_zero || !is_all_zero(key_.plate_class, plate));
  });
}

bool Pool::provide(Day period, const DrawSecret& secret) {
  check(std::is_sorted(periods_.begin(), periods_.end(),
                       [](const Period& a, const Period& b) { return a.day < b.day; }),
        "periods stand in order");
  const auto committed = std::find_if(periods_.begin(), periods_.end(),
                                      [&](const Period& p) { return p.day == period; });
  if (committed == periods_.end() || committed->commitment != commitment_of(secret)) {
    return false;
  }
  const auto current =
      std::find_if(periods_.rbegin(), periods_.rend(), [](const Period& p) { return p.began; });
  if (current != periods_.rend() && current->day == period) {
    secret_ = make_locked<Secret>(Secret{period, secret});
  } else if (!committed->began) {
    later_secrets_.push_back({period, secret});
  }
  return true;
}

std::vector<Period> Pool::secrets_wanted() const {
  std::vector<Period> wanted;
  for (const Period& period : periods_) {
    const bool last_begun = period.began && (&period == &periods_.back() || !(&period + 1)->began);
    const bool here =
        (secret_ && secret_->period == period.day) ||
        std::any_of(later_secrets_.begin(), later_secrets_.end(),
                    [&](const Secret& secret) { return secret.period == period.day; });
    if ((last_begun || !period.began) && !here) {
      wanted.push_back(period);
    }
  }
  return wanted;
}

template <class F>
void Pool::each_plate(const Segment& segment, F&& f) const {
  if (segment.from == kNoPlate) {
    for (const PlateNumber plate : segment.list) {
      f(plate);
    }
    return;
  }
  for (uint32_t n = segment.from.value; n <= segment.to.value; ++n) {
    if (segment.all_zero || !is_all_zero(key_.plate_class, PlateNumber{n})) {
      f(PlateNumber{n});
    }
  }
}

void Pool::apply(const SegmentListed& event) {
  check(event.plates.size() <= kPlatesPerEvent, "an event of bulk work has its limit");
  check(std::none_of(segments_.begin(), segments_.end(),
                     [&](const Segment& s) { return s.number == event.segment; }),
        "a segment that is loaded is not listed again");
  if (listing_segment_ != event.segment) {
    listing_segment_ = event.segment;
    listing_.clear();
  }
  next_segment_ = std::max(next_segment_, event.segment + 1);
  listing_.insert(listing_.end(), event.plates.begin(), event.plates.end());
}

void Pool::apply(const SegmentLoaded& event, const Now& now) {
  check((event.from == kNoPlate) == (event.to == kNoPlate) && event.from <= event.to,
        "a segment is a list, or a range with both its ends");
  Segment segment{event.segment,    event.from, event.to, event.all_zero,          event.plates,
                  event.release_at, now.civil,  false,    std::string(event.note), {}};
  if (event.from == kNoPlate) {
    check(listing_segment_ == event.segment, "a loaded list was listed before");
    segment.list = std::move(listing_);
    std::sort(segment.list.begin(), segment.list.end());
    listing_.clear();
  }
  uint32_t count = 0;
  each_plate(segment, [&](PlateNumber plate) {
    mark_loaded(plate);
    ++count;
  });
  check(count == event.plates, "a segment has the plates that it was said to have");
  check(segments_.empty() || segments_.back().number < event.segment, "segments count upward");
  make_room(segment);
  loaded_ += count;
  unreleased_ += count;
  next_segment_ = std::max(next_segment_, event.segment + 1);
  segments_.push_back(std::move(segment));
}

void Pool::mark_loaded(PlateNumber plate) {
  check(plate.value < plates_of(key_.plate_class), "a loaded plate is one of the pool's numbering");
  if (loaded_bits_.empty()) {
    loaded_bits_.resize((plates_of(key_.plate_class) + 63) / 64);
  }
  uint64_t& word = loaded_bits_[plate.value / 64];
  const uint64_t bit = uint64_t{1} << (plate.value % 64);
  check((word & bit) == 0, "a plate is loaded once");
  word |= bit;
}

void Pool::make_room(const Segment& segment) {
  each_plate(segment,
             [&](PlateNumber plate) { ++(has_four(plate) ? room_with4_ : room_without4_); });
  check(room_with4_ + uint64_t{room_without4_} == loaded_ + segment.plates,
        "there is room for every loaded plate");
  free_.reserve(room_with4_, room_without4_);
}

void Pool::put_free(PlateNumber plate) {
  check(loaded(plate) && free_.size() < loaded_, "only a loaded plate becomes free");
  free_.put(plate, has_four(plate));
}

void Pool::apply(const SegmentReleased& event) {
  const auto segment = std::find_if(segments_.begin(), segments_.end(),
                                    [&](const Segment& s) { return s.number == event.segment; });
  check(segment != segments_.end() && !segment->released, "a loaded segment is released once");
  each_plate(*segment, [&](PlateNumber plate) {
    if (!taken_.contains(plate.value)) {
      check(unreleased_ > 0, "a plate that is released was not before");
      put_free(plate);
      --unreleased_;
    }
  });
  segment->released = true;
  segment->list = {};
  check(free_.size() <= loaded_, "no more is free than was loaded");
}

uint32_t Pool::intern(std::string_view reason) {
  const auto found = std::find(reasons_.begin(), reasons_.end(), reason);
  if (found != reasons_.end()) {
    return static_cast<uint32_t>(found - reasons_.begin());
  }
  reasons_.emplace_back(reason);
  return static_cast<uint32_t>(reasons_.size() - 1);
}

void Pool::count_withheld(PlateNumber plate, WithheldWhy why, uint32_t reason) {
  const bool added =
      taken_.try_emplace(plate.value, Taken{PlateState::withheld, why, VehicleAt{}, reason}).second;
  check(added, "a plate is in one state");
}

void Pool::apply(const PlatesWithheld& event) {
  check(event.plates.size() <= kPlatesPerEvent, "an event of bulk work has its limit");
  const uint32_t reason = intern(event.reason);
  check(reasons_[reason] == event.reason, "a reason is kept as it was said");
  for (const Pick& pick : event.plates) {
    if (pick.place == kNoPlace) {
      check(unreleased_ > 0, "a plate without a place is of an unreleased segment");
      --unreleased_;
    } else {
      check(free_.remove(pick.place) == pick.plate, "the plate stands where the log says");
    }
    count_withheld(pick.plate, WithheldWhy::by_operator, reason);
    ++withheld_by_operator_;
  }
}

void Pool::apply(const PlatesRestored& event) {
  check(event.plates.size() <= withheld_by_operator_, "no more is restored than is withheld");
  for (const PlateNumber plate : event.plates) {
    const auto entry = taken_.find(plate.value);
    check(entry != taken_.end() && entry->second.state == PlateState::withheld &&
              entry->second.why == WithheldWhy::by_operator,
          "only what an operator withholds is restored");
    taken_.erase(entry);
    --withheld_by_operator_;
    if (unreleased(plate)) {
      ++unreleased_;
    } else {
      put_free(plate);
    }
  }
}

void Pool::apply(const SecretCommitted& event) {
  check(periods_.empty() || periods_.back().day < event.period, "periods are committed in order");
  periods_.push_back({event.period, event.commitment, false});
}

void Pool::apply(const PeriodBegan& event) {
  const auto period = std::find_if(periods_.begin(), periods_.end(),
                                   [&](const Period& p) { return p.day == event.period; });
  check(period != periods_.end() && !period->began, "a committed period begins once");
  // A period that was passed over, because the service was down, never serves.
  std::for_each(periods_.begin(), period + 1, [](Period& p) { p.began = true; });
  secret_.reset();
  for (const Secret& secret : later_secrets_) {
    if (secret.period == event.period) {
      secret_ = make_locked<Secret>(secret);
    }
  }
  std::erase_if(later_secrets_, [&](const Secret& s) { return s.period <= event.period; });
  check(!secret_ || secret_->period == event.period, "draws use the secret of their period");
}

void Pool::take(std::span<const Pick> picks) {
  for (const Pick& pick : picks) {
    const bool without4 = pick.place < free_.size_without4();
    check(free_.remove(pick.place) == pick.plate, "the plate stands where the log says");
    ++held_[without4 ? 1 : 0];
  }
}

void Pool::release(std::span<const PlateNumber> plates) {
  for (const PlateNumber plate : plates) {
    const bool four = has_four(plate);
    uint64_t& held = held_[four ? 0 : 1];
    check(held > 0, "a released plate was held");
    --held;
    free_.put(plate, four);
  }
}

void Pool::reserve(PlateNumber plate, VehicleAt holder) {
  uint64_t& held = held_[has_four(plate) ? 0 : 1];
  check(held > 0, "a reserved plate was held");
  --held;
  ++reserved_;
  check(loaded(plate), "a reserved plate is loaded");
  const bool added =
      taken_.try_emplace(plate.value, Taken{PlateState::reserved, {}, holder, 0}).second;
  check(added, "no plate has two holders");
}

void Pool::issue(PlateNumber plate) {
  const auto entry = taken_.find(plate.value);
  check(entry != taken_.end() && entry->second.state == PlateState::reserved,
        "an issued plate was reserved");
  check(reserved_ > 0, "reserved plates are counted");
  entry->second.state = PlateState::issued;
  --reserved_;
  ++issued_;
}

void Pool::begin_return(PlateNumber plate) {
  const auto entry = taken_.find(plate.value);
  check(entry != taken_.end() && entry->second.state == PlateState::reserved,
        "a returning plate was reserved");
  check(reserved_ > 0, "reserved plates are counted");
  entry->second = Taken{PlateState::withheld, WithheldWhy::returning, VehicleAt{}, 0};
  --reserved_;
  ++returning_[has_four(plate) ? 0 : 1];
}

void Pool::end_return(PlateNumber plate) {
  const auto entry = taken_.find(plate.value);
  check(entry != taken_.end() && entry->second.state == PlateState::withheld &&
            entry->second.why == WithheldWhy::returning,
        "a returned plate was returning");
  check(returning_[has_four(plate) ? 0 : 1] > 0, "returning plates are counted");
  taken_.erase(entry);
  --returning_[has_four(plate) ? 0 : 1];
  put_free(plate);
}

}  // namespace plated
