// The one encoding of events and of the state's items: both list their members in `fields`, and
// what is written is that list, each value in its plain form. Integers have a fixed width, least
// significant byte first; enums are their number; instants and spans are milliseconds in 64 bits,
// days 32; a text stands behind its length in 16 bits, a list behind its length in 32.
//
// Decoding is total: it takes any bytes, and remembers the first thing that was wrong with them.
// For record.cpp and snapshot files only.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstring>
#include <limits>
#include <new>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include "engine/check.h"
#include "engine/commands.h"
#include "engine/events.h"
#include "engine/plate.h"
#include "engine/pool.h"
#include "engine/standings.h"
#include "persistence/event_arena.h"
#include "persistence/file_system.h"
#include "persistence/little_endian.h"

namespace plated {

// The last enumerator of each enum that events carry: anything beyond is no event of ours.
constexpr OwnerKind last_of(OwnerKind) { return OwnerKind::organisation; }
constexpr Overlay last_of(Overlay) { return Overlay::maintenance; }
constexpr PlateClass last_of(PlateClass) { return PlateClass::large; }
constexpr Power last_of(Power) { return Power::hybrid; }
constexpr PlateState last_of(PlateState) { return PlateState::withheld; }
constexpr WithheldWhy last_of(WithheldWhy) { return WithheldWhy::returning; }
constexpr Step last_of(Step) { return Step::lapsed; }
constexpr NoticeKind last_of(NoticeKind) { return NoticeKind::extended; }
constexpr PlaceEnd last_of(PlaceEnd) { return PlaceEnd::erased; }
constexpr Stage last_of(Stage) { return Stage::admitted; }
constexpr CodePurpose last_of(CodePurpose) { return CodePurpose::verify; }

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

// Types whose bytes in memory are those on disk: lists of them, the bulk of most records, are taken
// at once.
template <class T>
inline constexpr bool kSameOnDisk =
    std::same_as<T, uint64_t> || std::same_as<T, PlateNumber> || std::same_as<T, Pick>;
static_assert(sizeof(PlateNumber) == 4 && std::has_unique_object_representations_v<PlateNumber>);
static_assert(sizeof(Pick) == 8 && offsetof(Pick, plate) == 4 &&
              std::has_unique_object_representations_v<Pick>);

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
inline int64_t disk_integer(Millis value) { return value.count(); }
inline int64_t disk_integer(CivilTime value) { return value.time_since_epoch().count(); }
inline int64_t disk_integer(Tick value) { return value.time_since_epoch().count(); }
inline int64_t disk_integer(OfficeTick value) { return value.time_since_epoch().count(); }
inline int64_t disk_integer(OpenTick value) { return value.time_since_epoch().count(); }
inline int32_t disk_integer(Day value) {
  return static_cast<int32_t>(value.time_since_epoch().count());
}

template <class T>
concept Scalar = requires(const T& value) {
  disk_integer(value);
};

// Walks over a value and gives each piece of bytes to `Out`.
template <class Out>
class FieldEncoder {
 public:
  explicit FieldEncoder(Out& out) : out_(out) {}

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
    if constexpr (kSameOnDisk<T>) {
      out_.raw(list.data(), list.size_bytes());
    } else {
      for (const T& element : list) {
        (*this)(element);
      }
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

struct ByteCounter {
  std::size_t bytes = 0;
  void integer(std::integral auto value) { bytes += sizeof(value); }
  void raw(const void*, std::size_t size) { bytes += size; }
};

struct ByteWriter {
  std::byte* at;
  void integer(std::integral auto value) { at = put(at, value); }
  void raw(const void* from, std::size_t size) {
    if (size > 0) {
      std::memcpy(at, from, size);
      at += size;
    }
  }
};

// Takes values from the front of bytes. Once something is wrong it stays wrong and takes nothing.
class FieldDecoder {
 public:
  FieldDecoder(ByteSpan bytes, EventArena& arena) : rest_(bytes), arena_(arena) {}

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
  void operator()(Tick& value) { value = Tick(Millis(integer<int64_t>())); }
  void operator()(OfficeTick& value) { value = OfficeTick(Millis(integer<int64_t>())); }
  void operator()(OpenTick& value) { value = OpenTick(Millis(integer<int64_t>())); }
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
    ByteCounter element;
    FieldEncoder<ByteCounter>{element}(T{});
    if (problem_ != nullptr || count > rest_.size() / element.bytes) {
      require(false, "a list is longer than its record");
      return;
    }
    if (count == 0) {
      return;
    }
    T* const elements = static_cast<T*>(arena_.allocate(count * sizeof(T)));
    if constexpr (kSameOnDisk<T>) {
      std::memcpy(static_cast<void*>(elements), rest_.data(), count * sizeof(T));
      rest_ = rest_.subspan(count * sizeof(T));
    } else {
      for (uint32_t i = 0; i < count; ++i) {
        (*this)(*new (elements + i) T{});
      }
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

// A function for each alternative of a variant but the first, by type number less one.
template <class Variant, std::size_t... Types>
constexpr std::array<void (*)(FieldDecoder&, Variant&), sizeof...(Types)> decode_table(
    std::index_sequence<Types...>) {
  return {+[](FieldDecoder& decoder, Variant& value) {
    decoder(value.template emplace<Types + 1>());
  }...};
}

// Writes or counts the fields of whatever the variant holds.
template <class Variant, class Out>
void encode_fields(const Variant& value, Out& out) {
  std::visit(
      [&out]<class T>(const T& alternative) {
        if constexpr (!std::same_as<T, std::monostate>) {
          FieldEncoder<Out>{out}(alternative);
        }
      },
      value);
}

// Decodes the fields of type `type` into `value`; false when there is no such type.
template <class Variant>
[[nodiscard]] bool decode_fields(std::size_t type, FieldDecoder& decoder, Variant& value) {
  constexpr std::size_t kTypes = std::variant_size_v<Variant>;
  static constexpr auto kTable = decode_table<Variant>(std::make_index_sequence<kTypes - 1>{});
  if (type == 0 || type >= kTypes) {
    return false;
  }
  kTable[type - 1](decoder, value);
  return true;
}

}  // namespace plated
