// The digest: each item of the state is written as bytes that depend on nothing but its values,
// hashed with BLAKE2b-128, and the hashes are added. Addition forgets the order in which items
// come, which is what makes the digest independent of shards; where order is state, an item carries
// its offset.
#include <sodium.h>

#include <array>
#include <cstring>
#include <deque>
#include <string>
#include <type_traits>

#include "engine/engine_parts.h"
#include "engine/state.h"

namespace plated {
namespace {

class Canonical {
 public:
  template <class T>
  void operator()(std::string_view, const T& value) {
    put(value);
  }
  [[nodiscard]] std::string& bytes() { return bytes_; }

 private:
  void put_number(uint64_t value) {
    std::array<char, sizeof(value)> bytes;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      bytes[i] = static_cast<char>(value >> (8 * i));
    }
    bytes_.append(bytes.data(), bytes.size());
  }
  void put(std::string_view text) {
    put_number(text.size());
    bytes_.append(text);
  }
  void put(PlateNumber plate) { put_number(plate.value); }
  void put(Sequence sequence) { put_number(sequence.value); }
  void put(OfficeCode office) { put_number(office.province * 256U + uint8_t(office.letter)); }
  void put(const PoolKey& pool) {
    put(pool.office);
    put_number(static_cast<uint64_t>(pool.plate_class) * 2 + static_cast<uint64_t>(pool.power));
  }
  void put(const ScheduleRow& row) {
    put_number(row.days);
    put_number(row.from * uint64_t{kMinutesPerDay + 1} + row.to);
  }
  void put(Millis span) { put_number(static_cast<uint64_t>(span.count())); }
  template <class Clock, class Duration>
  void put(std::chrono::time_point<Clock, Duration> moment) {
    put_number(static_cast<uint64_t>(moment.time_since_epoch().count()));
  }
  template <std::size_t kSize>
  void put(const std::array<uint8_t, kSize>& bytes) {
    bytes_.append(reinterpret_cast<const char*>(bytes.data()), kSize);
  }
  template <class T>
  void put(std::span<const T> list) {
    put_number(list.size());
    for (const T& element : list) {
      put(element);
    }
  }
  template <class T>
  void put(const T& value) {
    if constexpr (std::is_enum_v<T> || std::is_integral_v<T>) {
      put_number(static_cast<uint64_t>(value));
    } else {
      T::fields(value, *this);
    }
  }

  std::string bytes_;
};

// Adds a hash to the sum, both as little-endian numbers of 128 bits.
void add(Digest& sum, const Digest& hash) {
  unsigned carry = 0;
  for (std::size_t i = 0; i < sum.size(); ++i) {
    carry += unsigned{sum[i]} + hash[i];
    sum[i] = static_cast<uint8_t>(carry);
    carry >>= 8;
  }
}

}  // namespace

Digest Engine::digest() {
  const std::lock_guard operators(parts_->operators_mutex);
  const AllShards all(parts_->state.shards());
  std::deque<Hold<Pool>> pools;
  for (const auto& [key, pool] : parts_->state.pools()) {
    pools.emplace_back(*pool);
  }
  const Hold<BarredTickets> tickets(parts_->state.tickets());
  Digest sum{};
  Canonical canonical;
  StateWriter::write(*this, [&](const StateItem& item) {
    canonical.bytes().assign(1, static_cast<char>(item.index()));
    std::visit(
        [&](const auto& i) {
          if constexpr (!std::is_same_v<std::decay_t<decltype(i)>, std::monostate>) {
            std::decay_t<decltype(i)>::fields(i, canonical);
          }
        },
        item);
    Digest hash;
    crypto_generichash(hash.data(), hash.size(),
                       reinterpret_cast<const uint8_t*>(canonical.bytes().data()),
                       canonical.bytes().size(), nullptr, 0);
    add(sum, hash);
  });
  return sum;
}

}  // namespace plated
