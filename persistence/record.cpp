#include "persistence/record.h"

#include <array>
#include <concepts>
#include <limits>
#include <type_traits>
#include <utility>

#include "engine/check.h"
#include "engine/plate.h"
#include "persistence/little_endian.h"

namespace plated {
namespace {

static_assert(kEventTypes == 47, "a new event is added at the end, here and in kNames");
constexpr std::array<std::string_view, kEventTypes> kNames = {
    "",
    "founded",
    "time_recorded",
    "clock_suspended",
    "clock_accepted",
    "terms_published",
    "office_named",
    "settings_changed",
    "schedule_changed",
    "holidays_changed",
    "office_opened",
    "overlay_changed",
    "day_began",
    "pool_made",
    "segment_listed",
    "segment_loaded",
    "segment_released",
    "plates_withheld",
    "plates_restored",
    "secret_committed",
    "period_began",
    "owner_imported",
    "owner_erased",
    "vehicle_imported",
    "vehicle_moved",
    "rehearsal_owner_made",
    "countdowns_lengthened",
    "blacklisted",
    "blacklist_lifted",
    "submitted",
    "verified",
    "drawn",
    "shortlisted",
    "batch_expired",
    "shortlist_expired",
    "holds_forfeited",
    "verification_ended",
    "confirmed",
    "reminded",
    "lapsed",
    "plate_returned",
    "issued",
    "voided",
    "extended",
    "application_began",
    "notice_settled",
    "operator_acted",
};

// The last enumerator of each enum that events carry: anything beyond is no event of ours.
constexpr OwnerKind last_of(OwnerKind) { return OwnerKind::organisation; }
constexpr Overlay last_of(Overlay) { return Overlay::maintenance; }
constexpr PlateClass last_of(PlateClass) { return PlateClass::large; }
constexpr Power last_of(Power) { return Power::hybrid; }

template <class T>
concept HasFields = requires(T& value) {
  T::fields(value, [](const char*, auto&) {});
};

// The parts of the plain types that have no list of fields of their own.
template <class S>
void parts(S& value, auto&& f) requires std::same_as<std::remove_const_t<S>, OfficeCode> {
  f(value.province), f(value.letter);
}
template <class S>
void parts(S& value, auto&& f) requires std::same_as<std::remove_const_t<S>, PoolKey> {
  f(value.office), f(value.plate_class), f(value.power);
}
template <class S>
void parts(S& value, auto&& f) requires std::same_as<std::remove_const_t<S>, PlateNumber> ||
    std::same_as<std::remove_const_t<S>, Sequence> {
  f(value.value);
}
template <class S>
void parts(S& value, auto&& f) requires std::same_as<std::remove_const_t<S>, Pick> {
  f(value.place), f(value.plate);
}
template <class S>
void parts(S& value, auto&& f) requires std::same_as<std::remove_const_t<S>, ScheduleRow> {
  f(value.days), f(value.from), f(value.to);
}

template <class T>
concept HasParts = requires(T& value) {
  parts(value, [](auto&) {});
};

// The integer that stands for a scalar on disk.
template <class T>
requires std::integral<T> || std::is_enum_v<T>
auto disk_integer(T value) {
  if constexpr (std::same_as<T, bool> || std::same_as<T, char>) {
    return static_cast<uint8_t>(value);
  } else if constexpr (std::is_enum_v<T>) {
    return static_cast<std::underlying_type_t<T>>(value);
  } else {
    return value;
  }
}
int64_t disk_integer(Millis value) { return value.count(); }
int64_t disk_integer(CivilTime value) { return value.time_since_epoch().count(); }
int64_t disk_integer(OfficeTick value) { return value.time_since_epoch().count(); }
int32_t disk_integer(Day value) { return static_cast<int32_t>(value.time_since_epoch().count()); }

template <class T>
concept Scalar = requires(const T& value) {
  disk_integer(value);
};

// Walks over a value and gives each piece of bytes to `Out`.
template <class Out>
class Encoder {
 public:
  explicit Encoder(Out& out) : out_(out) {}

  template <Scalar T>
  void operator()(const T& value) {
    out_.integer(disk_integer(value));
  }
  void operator()(std::string_view text) {
    check(text.size() <= std::numeric_limits<uint16_t>::max(), "a text of an event is bounded");
    out_.integer(static_cast<uint16_t>(text.size()));
    out_.raw(text.data(), text.size());
  }
  template <std::size_t Size>
  void operator()(const std::array<uint8_t, Size>& bytes) {
    out_.raw(bytes.data(), Size);
  }
  template <class T>
  void operator()(std::span<const T> list) {
    out_.integer(static_cast<uint32_t>(list.size()));
    for (const T& element : list) {
      (*this)(element);
    }
  }
  template <HasParts T>
  void operator()(const T& value) {
    parts(value, *this);
  }
  template <HasFields T>
  void operator()(const T& value) {
    T::fields(value, [this](const char*, const auto& field) { (*this)(field); });
  }

 private:
  Out& out_;
};

struct Counter {
  std::size_t bytes = 0;
  void integer(std::integral auto value) { bytes += sizeof(value); }
  void raw(const void*, std::size_t size) { bytes += size; }
};

struct Writer {
  std::byte* at;
  void integer(std::integral auto value) { at = put(at, value); }
  void raw(const void* from, std::size_t size) {
    if (size > 0) {
      std::memcpy(at, from, size);
      at += size;
    }
  }
};

template <class Out>
void encode_fields(const Event& event, Out& out) {
  std::visit(
      [&out]<class T>(const T& alternative) {
        if constexpr (!std::same_as<T, std::monostate>) {
          Encoder<Out>{out}(alternative);
        }
      },
      event);
}

// Takes values from the front of bytes. Once something is wrong it stays wrong and takes nothing.
class Decoder {
 public:
  Decoder(ByteSpan bytes, EventArena& arena) : rest_(bytes), arena_(arena) {}

  [[nodiscard]] const char* problem() const { return problem_; }
  [[nodiscard]] std::size_t left() const { return rest_.size(); }

  template <std::integral T>
  T integer() {
    if (!has(sizeof(T))) {
      return T{};
    }
    const T value = get<T>(rest_.data());
    rest_ = rest_.subspan(sizeof(T));
    return value;
  }

  void operator()(bool& value) {
    const auto byte = integer<uint8_t>();
    require(byte <= 1, "a truth value is neither 0 nor 1");
    value = byte == 1;
  }
  void operator()(char& value) { value = static_cast<char>(integer<uint8_t>()); }
  void operator()(std::integral auto& value) {
    value = integer<std::remove_reference_t<decltype(value)>>();
  }
  template <class T>
  requires std::is_enum_v<T>
  void operator()(T& value) {
    const auto number = integer<std::underlying_type_t<T>>();
    const bool known = number <= static_cast<std::underlying_type_t<T>>(last_of(T{}));
    require(known, "an enumerator is unknown");
    value = known ? static_cast<T>(number) : T{};
  }
  void operator()(Millis& value) { value = Millis(integer<int64_t>()); }
  void operator()(CivilTime& value) { value = CivilTime(Millis(integer<int64_t>())); }
  void operator()(OfficeTick& value) { value = OfficeTick(Millis(integer<int64_t>())); }
  void operator()(Day& value) { value = Day(std::chrono::days(integer<int32_t>())); }
  void operator()(std::string_view& text) {
    const auto size = integer<uint16_t>();
    if (has(size)) {
      text = {reinterpret_cast<const char*>(rest_.data()), size};
      rest_ = rest_.subspan(size);
    }
  }
  template <std::size_t Size>
  void operator()(std::array<uint8_t, Size>& bytes) {
    if (has(Size)) {
      std::memcpy(bytes.data(), rest_.data(), Size);
      rest_ = rest_.subspan(Size);
    }
  }
  template <class T>
  void operator()(std::span<const T>& list) {
    const auto count = integer<uint32_t>();
    Counter element;
    Encoder<Counter>{element}(T{});
    if (problem_ != nullptr || count > rest_.size() / element.bytes) {
      require(false, "a list is longer than its record");
      return;
    }
    if (count == 0) {
      return;
    }
    T* const elements = static_cast<T*>(arena_.allocate(count * sizeof(T)));
    for (uint32_t i = 0; i < count; ++i) {
      (*this)(*new (elements + i) T{});
    }
    list = {elements, count};
  }
  void operator()(OfficeCode& office) {
    parts(office, *this);
    require(office.province < kProvinces && office.letter >= 'A' && office.letter <= 'Z' &&
                office.letter != 'I',
            "there is no such office");
    if (problem_ != nullptr) {
      office = OfficeCode{};
    }
  }
  template <HasParts T>
  void operator()(T& value) {
    parts(value, *this);
  }
  template <HasFields T>
  void operator()(T& value) {
    T::fields(value, [this](const char*, auto& field) { (*this)(field); });
  }

 private:
  bool has(std::size_t bytes) {
    require(bytes <= rest_.size(), "a record ends within a field");
    return problem_ == nullptr;
  }
  void require(bool holds, const char* problem) {
    if (!holds && problem_ == nullptr) {
      problem_ = problem;
    }
  }

  ByteSpan rest_;
  EventArena& arena_;
  const char* problem_ = nullptr;
};

using Decode = void (*)(Decoder&, Event&);

template <std::size_t Type>
void decode_event(Decoder& decoder, Event& event) {
  decoder(event.emplace<Type>());
}

template <std::size_t... Types>
constexpr std::array<Decode, sizeof...(Types)> decode_table(std::index_sequence<Types...>) {
  return {&decode_event<Types + 1>...};
}

// Entry t decodes type t + 1.
constexpr auto kDecode = decode_table(std::make_index_sequence<kEventTypes - 1>{});

}  // namespace

uint16_t event_type(const Event& event) { return static_cast<uint16_t>(event.index()); }

std::string_view event_name(const Event& event) { return kNames[event.index()]; }

std::size_t encoded_size(const Event& event) {
  Counter counter{kRecordHeaderSize};
  encode_fields(event, counter);
  return counter.bytes;
}

std::byte* encode_record(const Now& now, const Event& event, std::byte* to) {
  check(event.index() != 0, "nothing is no event");
  Writer writer{to + sizeof(uint32_t)};
  writer.integer(event_type(event));
  writer.integer(static_cast<int64_t>(now.tick.time_since_epoch().count()));
  writer.integer(static_cast<int64_t>(now.civil.time_since_epoch().count()));
  encode_fields(event, writer);
  put(to, static_cast<uint32_t>(writer.at - to - static_cast<std::ptrdiff_t>(sizeof(uint32_t))));
  return writer.at;
}

const char* decode_record(ByteSpan& bytes, EventArena& arena, Record& record) {
  if (bytes.size() < kRecordHeaderSize) {
    return "the bytes end within a record's header";
  }
  const auto length = get<uint32_t>(bytes.data());
  if (length > bytes.size() - sizeof(length) || length < kRecordHeaderSize - sizeof(length)) {
    return "a record's length is impossible";
  }
  Decoder decoder(bytes.subspan(sizeof(length), length), arena);
  const auto type = decoder.integer<uint16_t>();
  record.now.tick = Tick(Millis(decoder.integer<int64_t>()));
  record.now.civil = CivilTime(Millis(decoder.integer<int64_t>()));
  if (type == 0 || type >= kEventTypes) {
    return "a record is of a type that this version does not know";
  }
  kDecode[type - std::size_t{1}](decoder, record.event);
  if (decoder.problem() != nullptr) {
    return decoder.problem();
  }
  if (decoder.left() != 0) {
    return "a record is longer than its fields";
  }
  bytes = bytes.subspan(sizeof(length) + length);
  return nullptr;
}

}  // namespace plated
