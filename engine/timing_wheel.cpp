#include "engine/timing_wheel.h"

#include <algorithm>
#include <bit>

#include "engine/check.h"

namespace plated {
namespace {

constexpr unsigned kDigitMask = 63;

unsigned lowest_bit(uint64_t bits) { return static_cast<unsigned>(std::countr_zero(bits)); }

}  // namespace

TimingWheel::TimingWheel(Tick start) : now_(start) {
  check(start >= Tick{}, "a wheel starts at a tick of service time");
  at_ = passed();
  for (TimerLink& h : heads_) {
    h.prev = h.next = &h;
  }
}

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

void TimingWheel::arm(Timer& timer, Tick due) {
  if (timer.armed()) {
    unlink(timer);
  } else {
    ++size_;
  }
  timer.due_ = due;
  link(timer);
}

void TimingWheel::cancel(Timer& timer) {
  if (timer.armed()) {
    unlink(timer);
    --size_;
  }
}

void TimingWheel::link(Timer& timer) {
  const uint64_t slot = slot_of(timer.due_);
  const uint64_t differs = slot ^ at_;
  const unsigned level =
      differs == 0 ? 0 : static_cast<unsigned>(63 - std::countl_zero(differs)) / kDigitBits;
  check(level < kLevels, "the wheel's horizon is beyond every tick");
  const auto index = static_cast<unsigned>((slot >> (level * kDigitBits)) & kDigitMask);
  timer.slot_ = static_cast<uint16_t>(level * kSlotsPerLevel + index);
  occupied_[level] |= uint64_t{1} << index;
  TimerLink& h = head(timer.slot_);
  timer.prev = h.prev;
  timer.next = &h;
  h.prev->next = &timer;
  h.prev = &timer;
}

void TimingWheel::unlink(Timer& timer) {
  timer.prev->next = timer.next;
  timer.next->prev = timer.prev;
  timer.prev = timer.next = nullptr;
  TimerLink& h = head(timer.slot_);
  if (h.next == &h) {
    occupied_[timer.slot_ / kSlotsPerLevel] &= ~(uint64_t{1} << (timer.slot_ % kSlotsPerLevel));
  }
}

Timer* TimingWheel::first(unsigned slot) {
  TimerLink& h = head(slot);
  return h.next == &h ? nullptr : static_cast<Timer*>(h.next);
}

// The first occupied place at or after the wheel's. Requires that the wheel is not empty. On level
// 0 that is a slot; above it, the lowest slot that the place covers.
TimingWheel::Place TimingWheel::first_place() const {
  for (unsigned level = 0; level < kLevels; ++level) {
    const auto digit = static_cast<unsigned>((at_ >> (level * kDigitBits)) & kDigitMask);
    // The wheel's own slot is occupied above level 0 only while its timers are being moved down.
    const uint64_t ahead = occupied_[level] & (~uint64_t{0} << digit);
    if (ahead != 0) {
      const unsigned index = lowest_bit(ahead);
      const unsigned shift = level * kDigitBits;
      const uint64_t above = level + 1 == kLevels ? 0 : (at_ >> shift >> kDigitBits) << kDigitBits;
      return {level, (above | index) << shift};
    }
  }
  check(false, "a wheel that is not empty has a first place");
  return {};
}

// Moves the timers of the upper slot that the wheel has entered down, at most `moves` of them. True
// when none is left there.
bool TimingWheel::move_down(std::size_t& moves) {
  const auto index = static_cast<unsigned>((at_ >> (moving_ * kDigitBits)) & kDigitMask);
  const unsigned slot = moving_ * kSlotsPerLevel + index;
  while (Timer* const timer = first(slot)) {
    if (moves == 0) {
      return false;
    }
    --moves;
    unlink(*timer);
    link(*timer);
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
    if (place.start > last) {
      // What stands ahead of `last` keeps its level: it first differs from both in the same digit.
      at_ = std::max(at_, last);
      return {};
    }
    at_ = std::max(at_, place.start);
    if (place.level == 0) {
      Timer* const timer = first(static_cast<unsigned>(place.start & kDigitMask));
      check(timer != nullptr && timer->due_ <= now_, "a timer never fires early");
      unlink(*timer);
      --size_;
      return {timer, true};
    }
    moving_ = place.level;
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
