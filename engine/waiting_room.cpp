#include "engine/waiting_room.h"

#include <algorithm>
#include <bit>
#include <numeric>
#include <utility>

#include "engine/draw_stream.h"

namespace plated {

// Queue.

PlaceNumber Queue::push(Waiter waiter) {
  check(waiter.owner != kNoIndex, "a place is somebody's");
  check(first_ + places_.size() < kNoIndex, "a queue's places are counted in 32 bits");
  const std::size_t index = places_.size();
  if (index % kBlockPlaces == 0) {
    blocks_.emplace_back();
  }
  places_.push_back(waiter);
  Block& block = blocks_[index / kBlockPlaces];
  block.waits[index % kBlockPlaces / kWordBits] |= uint64_t{1} << index % kWordBits;
  ++block.count;
  ++waiting_;
  ++size_;
  return static_cast<PlaceNumber>(first_ + index);
}

std::size_t Queue::index_of(PlaceNumber place) const {
  const std::size_t index = place - first_;
  check(place >= first_ && index < places_.size(), "a place stands in its queue");
  return index;
}

const Waiter& Queue::at(PlaceNumber place) const {
  const Waiter& waiter = places_[index_of(place)];
  check(waiter.owner != kNoIndex, "a place is somebody's");
  return waiter;
}

bool Queue::waits(std::size_t index) const {
  check(index < places_.size(), "a place stands in its queue");
  const Block& block = blocks_[index / kBlockPlaces];
  return (block.waits[index % kBlockPlaces / kWordBits] >> index % kWordBits & 1U) != 0;
}

void Queue::stop_waiting(std::size_t index) {
  check(waits(index), "only who waits stops waiting");
  Block& block = blocks_[index / kBlockPlaces];
  block.waits[index % kBlockPlaces / kWordBits] &= ~(uint64_t{1} << index % kWordBits);
  --block.count;
  --waiting_;
}

void Queue::pass_over(PlaceNumber place) {
  check(at(place).owner != kNoIndex, "a place that is gone is passed by");
  stop_waiting(index_of(place));
}

void Queue::remove(PlaceNumber place) {
  const std::size_t index = index_of(place);
  check(places_[index].owner != kNoIndex, "a place goes once");
  if (waits(index)) {
    stop_waiting(index);
  }
  places_[index].owner = kNoIndex;
  --size_;
  drop_front();
}

// Forgets the first block of places once all of them are gone.
void Queue::drop_front() {
  while (places_.size() >= kBlockPlaces && blocks_.front().count == 0 &&
         std::all_of(places_.begin(), places_.begin() + kBlockPlaces,
                     [](const Waiter& waiter) { return waiter.owner == kNoIndex; })) {
    places_.erase(places_.begin(), places_.begin() + kBlockPlaces);
    blocks_.pop_front();
    first_ += kBlockPlaces;
  }
  check(size_ <= places_.size() && waiting_ <= size_, "who waits has a place");
}

void Queue::clear() {
  const std::size_t blocks = blocks_.size();
  places_.clear();
  blocks_.clear();
  check(blocks * kBlockPlaces < kNoIndex - first_, "a queue's places are counted in 32 bits");
  first_ += static_cast<PlaceNumber>(blocks * kBlockPlaces);
  waiting_ = 0;
  size_ = 0;
}

std::optional<PlaceNumber> Queue::head() const {
  for (std::size_t b = 0; waiting_ > 0 && b < blocks_.size(); ++b) {
    if (blocks_[b].count == 0) {
      continue;
    }
    for (std::size_t w = 0; w < kBlockWords; ++w) {
      if (const uint64_t word = blocks_[b].waits[w]; word != 0) {
        return static_cast<PlaceNumber>(first_ + b * kBlockPlaces + w * kWordBits +
                                        static_cast<std::size_t>(std::countr_zero(word)));
      }
    }
  }
  check(waiting_ == 0, "who waits is found");
  return std::nullopt;
}

uint32_t Queue::ahead_of(PlaceNumber place) const {
  const std::size_t index = index_of(place);
  const std::size_t block = index / kBlockPlaces;
  uint32_t ahead = 0;
  for (std::size_t b = 0; b < block; ++b) {
    ahead += blocks_[b].count;
  }
  const std::size_t word = index % kBlockPlaces / kWordBits;
  for (std::size_t w = 0; w < word; ++w) {
    ahead += static_cast<uint32_t>(std::popcount(blocks_[block].waits[w]));
  }
  check(ahead <= waiting_, "no more stand before a place than wait");
  const uint64_t before = (uint64_t{1} << index % kWordBits) - 1;
  return ahead + static_cast<uint32_t>(std::popcount(blocks_[block].waits[word] & before));
}

// Admissions.

bool Admissions::may_pass(Tick now, uint32_t per_second) const {
  return per_second == 0 || now.time_since_epoch() >= next_;
}

void Admissions::passed(Tick now, uint32_t per_second, bool full) {
  // What a clock that ticks let pass may be caught up with; the interval is longer by as much, so
  // that no second, wherever it begins, sees more than so many.
  constexpr Micros kCatchUp{20'000};
  constexpr Micros kSecond{1'000'000};
  const Micros moment = now.time_since_epoch();
  if (per_second > 0) {
    next_ = std::max(next_, moment - kCatchUp) + (kSecond + kCatchUp) / per_second;
  }
  if (!since_) {
    if (full || per_second > 0) {
      since_ = now;
    }
    return;
  }
  // Another shard's moment may be a little later than this one's: then this one counts there.
  const int64_t second =
      std::max(second_, int64_t{now.time_since_epoch() / std::chrono::seconds(1)});
  forget_before(second);
  ++counts_[static_cast<std::size_t>(second) % kSeconds];
  check(second_ == second, "what is counted is of the latest second");
}

void Admissions::forget_before(int64_t second) const {
  const int64_t gone = std::min<int64_t>(second - second_, kSeconds);
  for (int64_t i = 0; i < gone; ++i) {
    counts_[static_cast<std::size_t>(second - i) % kSeconds] = 0;
  }
  second_ = std::max(second_, second);
}

std::optional<uint32_t> Admissions::last_minute(Tick now) const {
  if (!since_ || now - *since_ < std::chrono::seconds(kSeconds)) {
    return std::nullopt;
  }
  forget_before(now.time_since_epoch() / std::chrono::seconds(1));
  return std::accumulate(counts_.begin(), counts_.end(), uint32_t{0});
}

// WaitingRoom.

PlaceNumber WaitingRoom::join_lobby(Waiter waiter, CivilTime opening) {
  check(waiter.owner != kNoIndex && lobby_.size() < kNoIndex, "a place in a lobby is somebody's");
  lobby_.push_back(waiter);
  ++in_lobby_;
  opening_ = opening;
  return static_cast<PlaceNumber>(lobby_.size() - 1);
}

void WaitingRoom::leave_lobby(PlaceNumber place) {
  check(place < lobby_.size() && lobby_[place].owner != kNoIndex, "who leaves a lobby was there");
  lobby_[place].owner = kNoIndex;
  if (--in_lobby_ == 0) {
    lobby_.clear();
  }
}

std::vector<Waiter> WaitingRoom::take_lobby(const LobbySeed& seed) {
  std::erase_if(lobby_, [](const Waiter& waiter) { return waiter.owner == kNoIndex; });
  check(lobby_.size() == in_lobby_, "a lobby counts who is in it");
  order_lobby(seed, lobby_);
  in_lobby_ = 0;
  return std::exchange(lobby_, {});
}

void WaitingRoom::pass_over(PlaceNumber place, OpenTick until) {
  check(!passed_over_.contains(place), "a place is passed over once");
  queue_.pass_over(place);
  const bool added = passed_over_.try_emplace(place, until).second;
  check(added, "a place is passed over once");
  lapses_.emplace(until, place);
}

void WaitingRoom::leave_queue(PlaceNumber place) {
  queue_.remove(place);
  if (const auto kept = passed_over_.find(place); kept != passed_over_.end()) {
    lapses_.erase({kept->second, place});
    passed_over_.erase(kept);
  }
  back_.erase(place);
  check(passed_over_.size() == lapses_.size(), "a place that is kept is kept for a while");
}

std::optional<OpenTick> WaitingRoom::kept_until(PlaceNumber place) const {
  const auto kept = passed_over_.find(place);
  return kept == passed_over_.end() ? std::nullopt : std::optional(kept->second);
}

std::optional<PlaceNumber> WaitingRoom::lapsed(OpenTick now) const {
  for (const auto& [until, place] : lapses_) {
    if (until > now) {
      break;
    }
    if (!back_.contains(place)) {
      return place;
    }
  }
  return std::nullopt;
}

std::optional<PlaceNumber> WaitingRoom::next() const {
  check(back_.size() <= passed_over_.size(), "who is back was passed over");
  return back_.empty() ? queue_.head() : std::optional(*back_.begin());
}

void WaitingRoom::apply(const LobbyCommitted& event) {
  check(periods_.empty() || periods_.back().day < event.period, "periods stand in order");
  periods_.push_back({event.period, event.commitment, false});
}

// The latest of the ascending periods that is not after the day; null when there is none.
static const Period* period_of(const std::vector<Period>& periods, Day day) {
  const auto later =
      std::upper_bound(periods.begin(), periods.end(), day,
                       [](Day wanted, const Period& period) { return wanted < period.day; });
  return later == periods.begin() ? nullptr : &*(later - 1);
}

const WaitingRoom::Secret* WaitingRoom::secret(Day today) const {
  const Period* const period = period_of(periods_, today);
  check(period == nullptr || period->day <= today, "a secret is of a day that has come");
  const auto found = std::find_if(secrets_.begin(), secrets_.end(), [period](const Secret& secret) {
    return period != nullptr && secret.period == period->day;
  });
  return found == secrets_.end() ? nullptr : &*found;
}

bool WaitingRoom::provide(Day day, const DrawSecret& secret) {
  const auto committed = std::find_if(periods_.begin(), periods_.end(),
                                      [day](const Period& period) { return period.day == day; });
  if (committed == periods_.end() || committed->commitment != commitment_of(secret)) {
    return false;
  }
  // The latest ones, however far apart they are: a period goes on until the next one's day.
  constexpr std::size_t kKept = 4;
  std::erase_if(secrets_, [day](const Secret& known) { return known.period == day; });
  const auto later = std::find_if(secrets_.begin(), secrets_.end(),
                                  [day](const Secret& known) { return known.period > day; });
  secrets_.insert(later, {day, secret});
  if (secrets_.size() > kKept) {
    secrets_.erase(secrets_.begin());
  }
  check(secrets_.size() <= kKept, "only the secrets that are still used are kept");
  return true;
}

std::vector<Period> WaitingRoom::secrets_wanted(Day today) const {
  std::vector<Period> wanted;
  const Period* const current = period_of(periods_, today);
  for (const Period& period : periods_) {
    const bool here =
        std::any_of(secrets_.begin(), secrets_.end(),
                    [&period](const Secret& secret) { return secret.period == period.day; });
    if (!here && (period.day > today || &period == current)) {
      wanted.push_back(period);
    }
  }
  return wanted;
}

}  // namespace plated
