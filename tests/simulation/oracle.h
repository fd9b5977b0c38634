// The oracle outside the server. It hears what owners and operators are answered, and nothing else;
// from that and the rules of selection it judges every further answer, and at moments of rest the
// state itself: whether everything acknowledged still holds, whether a plate has two holders,
// whether the books of each pool add up. It says what is wrong once, and the simulation ends.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "tests/simulation/application_book.h"
#include "tests/simulation/office_book.h"
#include "tests/support/dice.h"

namespace plated {

class Oracle {
 public:
  explicit Oracle(std::function<void(const std::string&)> complain)
      : complain_(std::move(complain)) {}

  // What is wrong with something; empty: nothing.
  void complain(const std::string& what, const std::string& wrong);

  // --- The world ---
  void add_office(const std::string& office, const Settings& settings);
  void add_vehicle(const std::string& owner, const std::string& vehicle, const std::string& office);
  // The service ran; it was started again, which may give back up to a second; days went by.
  void ran(Millis span);
  void restarted() { slack_ += kGivenBackMax; }
  void days_passed(CivilTime now);
  // The wall clock was set: from now on civil time may stand while service time runs, so a lapse
  // can no longer be dated by it more closely than by the day.
  void wall_stepped();

  // --- Owners ---
  // Fills in what stood when the request was executed; call it just before that.
  void asked(AskedRequest& request);
  void answered(const AskedRequest& request, const Face& face);
  void refused(const AskedRequest& request, const std::string& code);
  void pushed(const Face& face);

  // --- Operators: what one asked for, and how it ended as far as they know ---
  void overlay(const std::set<std::string>& offices, Overlay said, Told told);
  void settings(const std::string& office, const Settings& said, Told told);
  void holidays(const std::string& office, const std::set<Day>& said, Told told);
  // What the office says of itself in its applications may be another.
  void office_changed(const std::string& office);
  void loaded(const std::string& pool, uint64_t plates, Told told);
  void withheld(const std::string& plate, Told told);
  void restored(const std::string& plate, Told told);
  void issued(const std::string& plate, Told told);
  void voided(const std::string& plate, bool blacklists, Told told);
  void extended(const std::string& plate, const std::string& deadline, Told told);
  void blacklisted(const std::string& owner, CivilTime until, Told told);
  void lifted(const std::string& owner, Told told);
  void lengthened(const std::string& owner, uint32_t times, Told told);

  // --- At rest: everything appended is durable, every timer that was due has run ---
  void look(Engine& engine);

  // What owners and operators may act on.
  [[nodiscard]] const Settings& settings_of(const std::string& office) const {
    return offices_.at(office).settings;
  }
  [[nodiscard]] bool stands(const std::string& office) const {
    return offices_.at(office).stands();
  }
  [[nodiscard]] bool any_stands() const {
    return std::any_of(offices_.begin(), offices_.end(),
                       [](const auto& entry) { return entry.second.stands(); });
  }
  [[nodiscard]] int64_t clock_of(const std::string& office) const {
    return offices_.at(office).clock;
  }
  [[nodiscard]] const Face* face_of_vehicle(const std::string& vehicle) const {
    return books_.at(vehicle).face();
  }
  struct Person {
    std::string owner;
    std::string vehicle;
    std::string office;
  };
  [[nodiscard]] std::vector<Person> people() const;
  // One of the countdowns that run, and what is left of it; nothing when none does.
  struct Countdown {
    std::string vehicle;
    int64_t left = 0;
  };
  [[nodiscard]] std::optional<Countdown> some_countdown(Dice& dice) const;
  [[nodiscard]] const std::set<std::string>& plates_withheld() const { return withheld_; }

  static constexpr int64_t kGivenBackMax = 1000;

 private:
  struct OwnerBook {
    std::optional<CivilTime> listed_until;  // by an operator, for certain
    uint64_t listed_since = 0;
    uint32_t times = 1;
    std::optional<uint32_t> times_maybe;
    std::set<std::string> vehicles;
  };
  struct PoolBook {
    uint64_t loaded = 0;
    uint64_t loaded_maybe = 0;
  };

  void follow(ApplicationBook& book, const Face& face, const Origin& origin);
  void judge(const AskedRequest& request, const Face* face, const std::string& code);
  void check_drawn(const AskedRequest& request, const Face& face);
  // The application that has this plate reserved, or all that may have.
  template <class Do>
  void on_reserved(const std::string& plate, Do&& act);
  void owner_may_forfeit(const std::string& owner);
  void look_at_offices(Engine& engine);
  void look_at_owners(Engine& engine);
  void look_at_pools(Engine& engine, const std::map<std::string, Face>& faces);
  void look_for_two_holders(const std::map<std::string, Face>& faces);

  const std::function<void(const std::string&)> complain_;
  uint64_t order_ = 0;
  int64_t slack_ = 0;
  std::map<std::string, OfficeBook> offices_;
  std::map<std::string, OwnerBook> owners_;
  std::map<std::string, ApplicationBook> books_;  // by vehicle
  std::map<std::string, PoolBook> pools_;
  std::set<std::string> withheld_;  // for certain
  std::map<std::string, uint64_t> withheld_since_;
  std::map<std::string, std::string> issued_plates_;  // to whom, for ever
};

// "粤B small electric": what names a pool here.
[[nodiscard]] std::string name_of_pool(PoolKey key);

}  // namespace plated
