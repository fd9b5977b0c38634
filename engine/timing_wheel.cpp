#include "engine/timing_wheel.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "engine/check.h"

namespace plated {

// Some timers of one slot, in the order in which they came. Those that left are null. A chunk
// without timers goes back to the unused ones at once, so there are never more chunks than timers.
struct alignas(64) TimerChunk {
  static constexpr std::size_t kTimers = 14;

  std::array<Timer*, kTimers> timers{};
  uint32_t next = 0;
  uint32_t prev = 0;
  uint16_t slot = 0;
  uint8_t begin = 0;  // before it all have left
  uint8_t end = 0;    // from it on nobody came yet
  uint8_t live = 0;
};
static_assert(sizeof(TimerChunk) == 128);

namespace {

constexpr unsigned kDigitMask = 1023;

unsigned lowest_bit(uint64_t bits) { return static_cast<unsigned>(std::countr_zero(bits)); }

// Before the first timer of a chunk is looked at: the others shall be there when it is their turn.
void prefetch_chunk(const TimerChunk& chunk) {
  for (const Timer* const timer : chunk.timers) {
    __builtin_prefetch(timer, 1);
  }
}

}  // namespace

void TimingWheel::Occupied::set(unsigned index) {
  check(index < kSlotsPerLevel, "a slot is one of its level");
  words[index / 64] |= uint64_t{1} << (index % 64);
  summary |= uint64_t{1} << (index / 64);
}

void TimingWheel::Occupied::clear(unsigned index) {
  check(index < kSlotsPerLevel && (words[index / 64] >> (index % 64) & 1) != 0,
        "a slot that becomes empty was occupied");
  words[index / 64] &= ~(uint64_t{1} << (index % 64));
  if (words[index / 64] == 0) {
    summary &= ~(uint64_t{1} << (index / 64));
  }
}

unsigned TimingWheel::Occupied::first_from(unsigned index) const {
  check(index < kSlotsPerLevel, "a slot is one of its level");
  const uint64_t here = words[index / 64] & (~uint64_t{0} << (index % 64));
  if (here != 0) {
    return index / 64 * 64 + lowest_bit(here);
  }
  const uint64_t later = summary & (~uint64_t{1} << (index / 64));
  if (later == 0) {
    return kSlotsPerLevel;
  }
  const unsigned word = lowest_bit(later);
  return word * 64 + lowest_bit(words[word]);
}

TimingWheel::TimingWheel(Tick start) : now_(start), slots_(kLevels * kSlotsPerLevel) {
  check(start >= Tick{}, "a wheel starts at a tick of service time");
  at_ = passed();
}

TimingWheel::~TimingWheel() = default;

uint64_t TimingWheel::passed() const {
  return static_cast<uint64_t>(now_.time_since_epoch().count() / kSlot.count());
}

// The slot at whose end a deadline has passed: rounded up, so that nothing fires early. What the
// wheel has passed belongs to the slot where it is.
uint64_t TimingWheel::slot_of(Tick due) const {
  const int64_t ms = std::max<int64_t>(due.time_since_epoch().count(), 0);
  const auto slot = static_cast<uint64_t>(ms / kSlot.count() + (ms % kSlot.count() != 0 ? 1 : 0));
  return std::max(slot, at_);
}

// The first level-0 slot that a slot covers. What stands on a level has the wheel's digits above
// it.
uint64_t TimingWheel::start_of(unsigned slot) const {
  check(slot < slots_.size(), "a slot is one of the wheel's");
  const unsigned level = slot / kSlotsPerLevel;
  const unsigned shift = level * kDigitBits;
  const uint64_t above = level + 1 == kLevels ? 0 : (at_ >> shift >> kDigitBits) << kDigitBits;
  return (above | (slot % kSlotsPerLevel)) << shift;
}

void TimingWheel::arm(Timer& timer, Tick due) {
  const uint64_t slot = slot_of(due);
  if (!timer.armed()) {
    ++size_;
  } else if (slot >= start_of(timer.slot_)) {
    timer.due_ = due;  // found where it stands, it moves on
    return;
  } else {
    unlink(timer);
  }
  timer.due_ = due;
  link(timer, slot);
  check(timer.armed() && size_ > 0, "an armed timer stands in the wheel");
}

void TimingWheel::cancel(Timer& timer) {
  if (timer.armed()) {
    check(size_ > 0, "a timer that is armed was counted");
    unlink(timer);
    --size_;
  }
}

TimerChunk& TimingWheel::chunk_at(uint32_t number) const {
  check(number / kChunksPerBlock < blocks_.size(), "a chunk was made before it is used");
  return blocks_[number / kChunksPerBlock][number % kChunksPerBlock];
}

uint32_t TimingWheel::take_chunk(unsigned slot) {
  if (unused_ == Timer::kNoChunk) {
    const auto first = static_cast<uint32_t>(blocks_.size() * kChunksPerBlock);
    blocks_.push_back(std::make_unique<TimerChunk[]>(kChunksPerBlock));
    for (uint32_t i = 0; i < kChunksPerBlock; ++i) {
      blocks_.back()[i].next = std::exchange(unused_, first + i);
    }
  }
  const uint32_t number = unused_;
  TimerChunk& chunk = chunk_at(number);
  check(chunk.live == 0, "an unused chunk is empty");
  unused_ = chunk.next;
  Slot& chain = slots_[slot];
  chunk.next = Timer::kNoChunk;
  chunk.prev = chain.last;
  chunk.slot = static_cast<uint16_t>(slot);
  chunk.begin = chunk.end = chunk.live = 0;
  (chain.last == Timer::kNoChunk ? chain.first : chunk_at(chain.last).next) = number;
  chain.last = number;
  return number;
}

void TimingWheel::drop_chunk(uint32_t number) {
  TimerChunk& chunk = chunk_at(number);
  check(chunk.live == 0, "only an empty chunk is dropped");
  Slot& chain = slots_[chunk.slot];
  (chunk.prev == Timer::kNoChunk ? chain.first : chunk_at(chunk.prev).next) = chunk.next;
  (chunk.next == Timer::kNoChunk ? chain.last : chunk_at(chunk.next).prev) = chunk.prev;
  if (chain.first == Timer::kNoChunk) {
    occupied_[chunk.slot / kSlotsPerLevel].clear(chunk.slot % kSlotsPerLevel);
  }
  chunk.next = std::exchange(unused_, number);
}

void TimingWheel::link(Timer& timer, uint64_t slot) {
  const uint64_t differs = slot ^ at_;
  const unsigned level =
      differs == 0 ? 0 : static_cast<unsigned>(63 - std::countl_zero(differs)) / kDigitBits;
  check(level < kLevels, "the wheel's horizon is beyond every tick");
  check(!timer.armed(), "a timer stands in one slot");
  const auto index = static_cast<unsigned>((slot >> (level * kDigitBits)) & kDigitMask);
  const unsigned where = level * kSlotsPerLevel + index;
  uint32_t number = slots_[where].last;
  if (number == Timer::kNoChunk) {
    occupied_[level].set(index);
  }
  if (number == Timer::kNoChunk || chunk_at(number).end == TimerChunk::kTimers) {
    number = take_chunk(where);
  }
  TimerChunk& chunk = chunk_at(number);
  timer.slot_ = static_cast<uint16_t>(where);
  timer.chunk_ = number;
  timer.place_ = chunk.end;
  check(chunk.end < TimerChunk::kTimers, "a chunk has room for the timer that it gets");
  chunk.timers[chunk.end++] = &timer;
  ++chunk.live;
}

void TimingWheel::unlink(Timer& timer) {
  TimerChunk& chunk = chunk_at(timer.chunk_);
  check(chunk.timers[timer.place_] == &timer, "a timer stands where it says");
  check(chunk.live > 0 && chunk.slot == timer.slot_, "a chunk counts its timers");
  chunk.timers[timer.place_] = nullptr;
  chunk.begin = static_cast<uint8_t>(chunk.begin + (timer.place_ == chunk.begin ? 1 : 0));
  const uint32_t number = std::exchange(timer.chunk_, Timer::kNoChunk);
  if (--chunk.live == 0) {
    drop_chunk(number);
  }
}

Timer* TimingWheel::first(unsigned slot) {
  const uint32_t number = slots_[slot].first;
  if (number == Timer::kNoChunk) {
    return nullptr;
  }
  TimerChunk& chunk = chunk_at(number);
  if (chunk.begin == 0) {
    prefetch_chunk(chunk);
    if (chunk.next != Timer::kNoChunk) {
      __builtin_prefetch(&chunk_at(chunk.next), 1);
    }
  }
  check(chunk.live > 0, "a chunk in a chain has a timer");
  while (chunk.timers[chunk.begin] == nullptr) {
    ++chunk.begin;
  }
  return chunk.timers[chunk.begin];
}

// The first occupied place at or after the wheel's. Requires that the wheel is not empty. On level
// 0 that is a slot; above it, the lowest slot that the place covers.
TimingWheel::Place TimingWheel::first_place() const {
  for (unsigned level = 0; level < kLevels; ++level) {
    const auto digit = static_cast<unsigned>((at_ >> (level * kDigitBits)) & kDigitMask);
    // The wheel's own slot is occupied above level 0 only while its timers are being moved down.
    const unsigned index = occupied_[level].first_from(digit);
    if (index < kSlotsPerLevel) {
      return {level, start_of(level * kSlotsPerLevel + index)};
    }
  }
  check(false, "a wheel that is not empty has a first place");
  return {};
}

// Moves the timers of the upper slot that the wheel has entered down, at most `moves` of them. True
// when none is left there.
bool TimingWheel::move_down(std::size_t& moves) {
  check(moving_ > 0 && moving_ < kLevels, "timers move down from an upper level");
  const auto index = static_cast<unsigned>((at_ >> (moving_ * kDigitBits)) & kDigitMask);
  const unsigned slot = moving_ * kSlotsPerLevel + index;
  while (Timer* const timer = first(slot)) {
    if (moves == 0) {
      return false;
    }
    --moves;
    unlink(*timer);
    link(*timer, slot_of(timer->due_));
  }
  moving_ = 0;
  return true;
}

Expired TimingWheel::expire(Tick now) {
  now_ = std::max(now_, now);
  const uint64_t last = passed();
  std::size_t moves = kMovesMax;
  for (;;) {
    if (moving_ != 0 && !move_down(moves)) {
      return {nullptr, true};
    }
    if (size_ == 0) {
      at_ = std::max(at_, last);
      return {};
    }
    const Place place = first_place();
    check(place.start >= at_ || place.level != 0, "what stands in the wheel lies ahead of it");
    if (place.start > last) {
      // What stands ahead of `last` keeps its level: it first differs from both in the same digit.
      at_ = std::max(at_, last);
      return {};
    }
    at_ = std::max(at_, place.start);
    if (place.level != 0) {
      moving_ = place.level;
      continue;
    }
    Timer* const timer = first(static_cast<unsigned>(place.start & kDigitMask));
    check(timer != nullptr, "an occupied slot has a timer");
    check(timer->armed() && size_ > 0, "what stands in the wheel is armed");
    const uint64_t slot = slot_of(timer->due_);
    if (slot == at_) {
      check(timer->due_ <= now_, "a timer never fires early");
      unlink(*timer);
      --size_;
      return {timer, true};
    }
    if (moves == 0) {
      return {nullptr, true};
    }
    --moves;
    unlink(*timer);
    link(*timer, slot);
  }
}

Tick TimingWheel::next_due() const {
  if (size_ == 0) {
    return Tick::max();
  }
  if (moving_ != 0) {
    return now_;
  }
  return Tick(Millis(static_cast<int64_t>(first_place().start) * kSlot.count()));
}

}  // namespace plated
