// Who has which plate, from the events alone: the naive book beside the engine. A plate without an
// entry is free or not released. Every entry is made only where the one before allows it, so a
// plate that is given out twice is found at the record that did it. Each pool's plates are counted
// by state as they move, and counted again when its sums are asked for. Not thread-safe.
#pragma once

#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/events.h"
#include "engine/state.h"

namespace plated {

class Ledger {
 public:
  struct Counts {
    uint64_t held = 0;
    uint64_t reserved = 0;
    uint64_t issued = 0;
    uint64_t withheld = 0;  // by operators
    uint64_t returning = 0;
    friend bool operator==(const Counts&, const Counts&) = default;
  };

  // Opens the book at a snapshot's state, item by item, before any record is entered. A plate that
  // it gives to two becomes a problem.
  void open(const StateItem& item);
  // Enters a record; they come in their order. What its plates were before, and should not have
  // been, becomes a problem, and is entered all the same.
  void enter(const Record& record);

  // How many plates of a pool are in each state; zeros for a pool without entries.
  [[nodiscard]] Counts counts(PoolKey pool) const;
  // One sentence for each, in the order of the records.
  [[nodiscard]] const std::vector<std::string>& problems() const { return problems_; }
  // Beyond this many, problems are not listed any more.
  static constexpr std::size_t kProblemsMax = 100;

 private:
  enum class Is : uint8_t { free, held, reserved, issued, withheld, returning };
  struct Entry {
    Is is = Is::free;
    uint64_t holder = 0;  // a hash of the vehicle; 0: nobody's
  };
  struct Page {
    boost::unordered_flat_map<uint32_t, Entry> entries;
    std::array<uint64_t, 6> counts{};  // of the entries, by state
    [[nodiscard]] Entry of(PlateNumber plate) const;
    void set(PlateNumber plate, Entry to);
  };

  void move(PoolKey pool, PlateNumber plate, Entry from, Entry to);
  void move_all(PoolKey pool, std::span<const PlateNumber> plates, Entry from, Entry to);
  void open_held(PoolKey pool, std::span<const PlateNumber> plates, Entry held);
  void require(PoolKey pool, PlateNumber plate, Entry expected) {
    move(pool, plate, expected, expected);
  }
  [[nodiscard]] static uint64_t holder_of(std::string_view vehicle);

  void on(const PlatesWithheld& event);
  void on(const PlatesRestored& event);
  void on(const Drawn& event);
  void on(const Shortlisted& event);
  void on(const BatchExpired& event) { let_go(event); }
  void on(const ShortlistExpired& event) { let_go(event); }
  void on(const HoldsForfeited& event) { let_go(event); }
  void on(const Confirmed& event);
  void on(const Lapsed& event) { begin_return(event); }
  void on(const Voided& event) { begin_return(event); }
  void on(const PlateReturned& event);
  void on(const Issued& event);
  void on(const Extended& event);
  template <class E>
  void let_go(const E& event);
  template <class E>
  void begin_return(const E& event);

  std::map<PoolKey, Page> pages_;
  Sequence at_;
  std::vector<std::string> problems_;
};

}  // namespace plated
