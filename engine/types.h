// The words of the engine as types: identifiers, instants, and the limits that everything obeys.
// Nothing here has behaviour beyond comparison; whoever includes this learns the vocabulary.
#pragma once

#include <array>
#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

#include "engine/secret_memory.h"

namespace plated {

// The place of an event in the log. 1 is the first event ever; 0 stands before it.
struct Sequence {
  uint64_t value = 0;
  friend auto operator<=>(const Sequence&, const Sequence&) = default;
};

using Millis = std::chrono::milliseconds;

// Service time: milliseconds for which the service has run, summed over all starts. It stands still
// while the service is down, so a countdown measured in ticks loses nothing to an outage.
struct ServiceClock {
  using rep = int64_t;
  using period = std::milli;
  using duration = Millis;
  using time_point = std::chrono::time_point<ServiceClock>;
  static constexpr bool is_steady = true;
};
using Tick = ServiceClock::time_point;

// An office's service time: the service's, less the time for which the office was paused. Deadlines
// of countdowns are kept in it, so pausing an office changes one number and no deadline.
struct OfficeClock {
  using rep = int64_t;
  using period = std::milli;
  using duration = Millis;
  using time_point = std::chrono::time_point<OfficeClock>;
  static constexpr bool is_steady = true;
};
using OfficeTick = OfficeClock::time_point;

// An office's open time: stands still while the office is not open. What the waiting room allows
// counts in it.
struct OpenClock {
  using rep = int64_t;
  using period = std::milli;
  using duration = Millis;
  using time_point = std::chrono::time_point<OpenClock>;
  static constexpr bool is_steady = true;
};
using OpenTick = OpenClock::time_point;

// Civil time: Unix milliseconds, for dates. It goes on while the service is down, and never back.
using CivilTime = std::chrono::sys_time<Millis>;
// A date of some office's calendar.
using Day = std::chrono::sys_days;

// Later than any deadline.
inline constexpr OfficeTick kNever = OfficeTick::max();

// The two times of one moment. They never mix: countdowns use `tick`, dates use `civil`.
struct Now {
  Tick tick{};
  CivilTime civil{};
};

// No place in memory.
inline constexpr uint32_t kNoIndex = 0xffffffff;

// The seam to the clocks. Ticks never go back between two calls that one mutex orders.
class TickSource {
 public:
  virtual ~TickSource() = default;
  // The times of this moment. Any thread.
  [[nodiscard]] virtual Now now() = 0;
};

// The authority that issues plates: a province (index into the 31 province characters of GA 36) and
// a letter, as in 粤B.
struct OfficeCode {
  uint8_t province = 0;
  char letter = 'A';
  friend auto operator<=>(const OfficeCode&, const OfficeCode&) = default;
};

enum class PlateClass : uint8_t { small, large };
enum class Power : uint8_t { electric, hybrid };

// What names a pool: every plate of one office, class and power.
struct PoolKey {
  OfficeCode office;
  PlateClass plate_class = PlateClass::small;
  Power power = Power::electric;
  friend auto operator<=>(const PoolKey&, const PoolKey&) = default;
};

// A plate's number within its pool, dense from 0, in the order of the power letters (D A B C E or
// F G H J K), then of the serials. Text exists only at the edges: see plate.h.
struct PlateNumber {
  uint32_t value = 0;
  friend auto operator<=>(const PlateNumber&, const PlateNumber&) = default;
};
inline constexpr PlateNumber kNoPlate{std::numeric_limits<uint32_t>::max()};

struct Plate {
  PoolKey pool;
  PlateNumber number;
  friend auto operator<=>(const Plate&, const Plate&) = default;
};

// A plate that a draw chose, and its place at the moment of its removal: after the removal of the
// picks before it.
struct Pick {
  uint32_t place = 0;
  PlateNumber plate;
  friend bool operator==(const Pick&, const Pick&) = default;
};

// What a row of a schedule has for days when it is not of the week, but of the days that the
// office's calendar lists.
inline constexpr uint8_t kHolidayRow = 0x80;
inline constexpr uint8_t kWorkdayRow = 0x81;

// One row of a weekly schedule: open on these days from `from` until `to` (exclusive), in minutes
// of the local day; to lies in (from, kMinutesPerDay].
struct ScheduleRow {
  uint8_t days = 0;  // bit 0 is Monday, bit 6 Sunday; or kHolidayRow or kWorkdayRow alone
  uint16_t from = 0;
  uint16_t to = 0;
  friend bool operator==(const ScheduleRow&, const ScheduleRow&) = default;
};
inline constexpr uint16_t kMinutesPerDay = 1440;

// The proof of a reservation: 16 random bytes, shown as 32 hexadecimal digits.
using VoucherCode = std::array<uint8_t, 16>;
// The secret behind one pool's draws for one period, and the SHA-256 that commits to it.
using DrawSecret = SecretBytes<32>;
using Commitment = std::array<uint8_t, 32>;

// Limits. At a limit plated refuses; it never grows beyond.
inline constexpr std::size_t kOwnerIdMax = 64;    // bytes of an owner's identifier
inline constexpr std::size_t kVehicleIdMax = 17;  // characters of a vehicle's identifier (a VIN)
inline constexpr std::size_t kBatchSizeMax = 20;  // plates of one draw
inline constexpr std::size_t kDrawsMax = 60'000;  // draws of one application
inline constexpr uint32_t kCodesCountedMax = 65'535;  // of one vehicle on one day
inline constexpr std::size_t kDrawsEver = 65'535;     // with those that blacklistings gave back
inline constexpr uint32_t kCountdownTimesMax = 10;    // by how much an owner's are multiplied
inline constexpr std::size_t kEventsPerAppend = 16;   // events of one command or one timer
inline constexpr std::size_t kTimersPerHold = 64;     // timers run in one hold of a shard's mutex
inline constexpr std::size_t kPlatesPerEvent = 256;   // plates of one event of bulk work
inline constexpr std::size_t kPlatesChangedMax = 16'384;  // plates of one withholding or restoring
inline constexpr std::size_t kTextMax = 256;              // bytes of a reason, a note or a name
inline constexpr std::size_t kTermsMax = 32 * 1024;       // bytes of the terms in one language
inline constexpr std::size_t kHolidaysMax = 512;     // days of one office's holidays or workdays
inline constexpr std::size_t kScheduleMax = 64;      // rows of one office's weekly schedule
inline constexpr std::size_t kVehiclesPerPage = 30;  // vehicles of one answer to `vehicles`

static_assert(kBatchSizeMax <= kPlatesPerEvent);
static_assert(kDrawsMax < kDrawsEver && kDrawsEver <= std::numeric_limits<uint16_t>::max());
static_assert(kOwnerIdMax <= std::numeric_limits<uint8_t>::max());
static_assert(kTextMax <= std::numeric_limits<uint16_t>::max() &&
              kTermsMax <= std::numeric_limits<uint16_t>::max());  // as a text's length is written
static_assert(kPlatesChangedMax % kPlatesPerEvent == 0);
static_assert(sizeof(PoolKey) == 4 && sizeof(Pick) == 8);

}  // namespace plated
