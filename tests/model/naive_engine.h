// The naive twin: the rules of selection a second time, slow and obvious, over maps and sets. It
// has no timers, shards, locks or events; whatever is due is found by looking when somebody asks.
// It was written from the rules alone, so where it and the engine differ, one of them misread a
// sentence.
//
// Chance is not its business: it is told which plates a draw took and when a plate will return,
// says in complaints() if that was not lawful, and goes on from there. Likewise it is told when
// something due was recorded, because to everybody else a plate is free from that moment on. For
// tests only.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/commands.h"
#include "engine/events.h"
#include "engine/office.h"
#include "engine/operators.h"
#include "engine/pool.h"
#include "engine/types.h"

namespace plated {

// "Without 4", by reading the plate.
[[nodiscard]] bool has_a_4(const Plate& plate);

class NaiveEngine {
 public:
  // What a request was answered, but for the application itself.
  struct Answer {
    Refusal refusal = Refusal::none;
    bool changed = false;
    bool settled_first = false;
  };
  struct OperatorAnswer {
    Verdict::Kind kind = Verdict::Kind::ok;
    bool changed = false;
    friend bool operator==(const OperatorAnswer&, const OperatorAnswer&) = default;
  };
  // An application as its owner sees it; every countdown as its end, so that it changes only when
  // the application does.
  struct Face {
    Step step = Step::submit;
    uint32_t number = 1;
    uint32_t draws_left = 0;
    uint32_t draw = 0;
    std::vector<PlateNumber> batch;
    OfficeTick batch_deadline{};
    std::vector<PlateNumber> shortlist;
    OfficeTick shortlist_deadline{};
    PlateNumber fallback = kNoPlate;
    std::optional<OfficeTick> verified_until;
    PlateNumber reserved = kNoPlate;
    Day deadline{};
    bool automatic = false;
    std::optional<CivilTime> blacklisted_until;  // past or not
    uint32_t office_changes = 0;                 // of what the office says of itself in it
    friend bool operator==(const Face&, const Face&) = default;
  };
  struct PlateFace {
    PlateState state = PlateState::free;
    std::optional<WithheldWhy> why;
    std::string vehicle;
    friend bool operator==(const PlateFace&, const PlateFace&) = default;
  };

  // --- The world. Ids and codes that are asked about later must have been added before. ---
  void begin(CivilTime civil) { civil_ = civil; }
  void add_office(OfficeCode office, const Settings& settings);
  void add_vehicle(const std::string& owner, const std::string& vehicle, PoolKey pool,
                   bool eligible);

  // --- Time ---
  // The service ran for `span`, and civil time with it; or it was down for `span`.
  void pass(Millis span);
  void sleep(Millis span) { civil_ += span; }
  // What was recorded by itself: complains if it was not due.
  void day_began(OfficeCode office, Day day);
  void segment_released(PoolKey pool, uint32_t segment);
  void plate_returned(const Plate& plate);
  void settled(const std::string& vehicle);
  void reminded(const std::string& vehicle, uint32_t number, Day deadline);
  // A lapse or a void just happened and chose this moment.
  void return_chosen(const Plate& plate, OfficeTick returns_at);

  // --- Citizens ---
  Answer enter(const Who& who);
  Answer submit(const Submit& command);
  Answer verify(const Verify& command);
  // `drawn` is the batch that the draw came to, if it was not refused.
  Answer draw(const Draw& command, std::span<const PlateNumber> drawn);
  Answer shortlist(const ShortlistPlate& command);
  Answer confirm(const ConfirmPlate& command);

  // A code leaves; false: not for this one.
  bool code_leaves(const Who& who, CodePurpose purpose);

  // --- Operators ---
  bool set_open(OfficeCode office, bool open);
  bool set_overlay(OfficeCode office, Overlay overlay);
  void set_settings(OfficeCode office, const Settings& settings);
  void set_holidays(OfficeCode office, std::set<Day> holidays, std::set<Day> workdays);
  // Plates `from` to `to` as a new segment; `release_at` may be past.
  OperatorAnswer load(PoolKey pool, PlateNumber from, PlateNumber to, CivilTime release_at);
  OperatorAnswer withhold(PoolKey pool, const std::vector<PlateNumber>& plates);
  OperatorAnswer restore(PoolKey pool, const std::vector<PlateNumber>& plates);
  OperatorAnswer issue(const Plate& plate, std::optional<Day> date);
  OperatorAnswer void_reservation(const Plate& plate, bool blacklist);
  OperatorAnswer extend(const Plate& plate, Day deadline);
  OperatorAnswer blacklist(const std::string& owner, CivilTime until);
  OperatorAnswer lift_blacklist(const std::string& owner);
  OperatorAnswer lengthen_countdowns(const std::string& owner, uint32_t times);

  // --- Questions ---
  // What is counted of the vehicle's codes on the last day on which anything was: those that left
  // for its application, by purpose, for all its applications, and wrong ones. Nothing: none are
  // counted any more.
  struct Codes {
    Day day{};
    uint32_t to_submit = 0;
    uint32_t to_verify = 0;
    uint32_t in_all = 0;
    uint32_t misses = 0;
    friend bool operator==(const Codes&, const Codes&) = default;
  };
  [[nodiscard]] std::optional<Codes> codes(const std::string& vehicle) const;
  [[nodiscard]] Face face(const std::string& vehicle) const;
  [[nodiscard]] OfficeState office_state(OfficeCode office) const;
  [[nodiscard]] OfficeTick office_now(OfficeCode office) const { return offices_.at(office).now; }
  // Of a plate that this vehicle's owner confirmed now; nothing outside of `pick`.
  [[nodiscard]] std::optional<Day> deadline_if_confirmed(const std::string& vehicle) const;
  [[nodiscard]] std::optional<CivilTime> blacklisted_until(const std::string& owner) const;
  [[nodiscard]] PoolCounts counts(PoolKey pool) const;
  [[nodiscard]] PlateFace plate(const Plate& plate) const;
  [[nodiscard]] std::vector<Plate> plates() const;
  // Something of this application is due and was not yet recorded.
  [[nodiscard]] bool due(const std::string& vehicle) const;
  // Everything that is due, for more than `grace`, and was not yet recorded; one line each. Offices
  // whose time stands still are left out: nothing becomes due there.
  [[nodiscard]] std::vector<std::string> overdue(Millis grace) const;
  // The next moments at which something becomes due, in order, if nothing happens before.
  [[nodiscard]] std::set<Millis> next_moments() const;
  [[nodiscard]] const std::vector<std::string>& complaints() const { return complaints_; }

 private:
  struct NaiveOffice {
    Settings settings;
    bool open = false;
    Overlay overlay = Overlay::none;
    OfficeTick now{};
    std::map<Day, OfficeTick> days;  // when each day was recorded to have begun
    std::set<Day> holidays;
    std::set<Day> workdays;
    uint32_t changes = 0;  // of what an application says of it, countdowns and states aside
  };
  struct Shortlisted {
    PlateNumber plate;
    uint32_t draw = 0;  // of which batch
  };
  struct Application {
    uint32_t number = 1;
    bool submitted = false;
    std::optional<OfficeTick> verified_until{};
    uint32_t draws_left = 0;
    uint32_t draw = 0;
    std::vector<PlateNumber> last_batch{};  // as drawn
    std::optional<OfficeTick> batch_deadline{};
    std::vector<Shortlisted> shortlist{};
    std::optional<OfficeTick> shortlist_deadline{};
    std::set<PlateNumber> ended_shortlist{};  // the latest one, when it is over
    PlateNumber fallback = kNoPlate;
    bool forfeits = false;  // a blacklist entry wants the holds
    PlateNumber reserved = kNoPlate;
    Day confirmed{};
    Day deadline{};
    bool automatic = false;
    bool issued = false;
    bool lapsed = false;
  };
  struct NaiveVehicle {
    std::string owner;
    PoolKey pool;
    bool eligible = true;
    Application application;
    std::set<std::pair<uint32_t, Day>> reminded{};  // which application, for which deadline
  };
  struct NaiveOwner {
    uint32_t times = 1;
    std::optional<CivilTime> blacklisted_until;
    std::set<std::string> vehicles;
  };
  struct NaivePlate {
    PlateState state = PlateState::withheld;
    bool by_operator = false;
    uint32_t segment = 0;
    std::string vehicle{};  // who holds it, reserved it, has it
    std::optional<OfficeTick> returns_at{};
    bool returning = false;
  };
  struct NaiveSegment {
    CivilTime release_at{};
    bool released = false;
  };
  struct NaivePool {
    std::map<PlateNumber, NaivePlate> plates;
    std::map<uint32_t, NaiveSegment> segments;
  };
  // The due things, each with the moment since when.
  struct DueSince {
    std::optional<OfficeTick> forfeit, batch, shortlist, auto_confirm, verification, lapse, next;
    [[nodiscard]] std::optional<OfficeTick> first() const;
  };

  [[nodiscard]] static Step step_of(const Application& application);
  [[nodiscard]] static bool holds(const Application& application);
  [[nodiscard]] static bool on_shortlist(const Application& application, PlateNumber plate);
  [[nodiscard]] static bool in_last_batch(const Application& application, PlateNumber plate);
  [[nodiscard]] NaiveOffice& office_of(const NaiveVehicle& v) { return offices_.at(v.pool.office); }
  [[nodiscard]] const NaiveOffice& office_of(const NaiveVehicle& v) const {
    return offices_.at(v.pool.office);
  }
  [[nodiscard]] Day today() const;
  [[nodiscard]] bool blacklisted(const std::string& owner) const;
  [[nodiscard]] std::optional<OfficeTick> lapses_at(const NaiveVehicle& vehicle) const;
  [[nodiscard]] DueSince due_since(const NaiveVehicle& vehicle) const;

  bool settle(const std::string& vehicle);
  void settle_one(const std::string& vehicle, const DueSince& due);
  Refusal begin_request(const Who& who, Answer& answer);
  Refusal common_refusal(const NaiveVehicle& vehicle, Step needed, bool needs_open) const;
  Refusal draw_refusal(const NaiveVehicle& vehicle, const Draw& command,
                       const std::vector<PlateNumber>& free) const;
  [[nodiscard]] std::vector<PlateNumber> lawful_kept(const NaiveVehicle& vehicle, bool without4,
                                                     std::size_t room) const;
  void check_drawn(const std::vector<PlateNumber>& free, std::span<const PlateNumber> drawn,
                   const std::vector<PlateNumber>& kept, std::size_t batch_size);
  void take_batch(const std::string& vehicle, std::span<const PlateNumber> drawn,
                  const std::vector<PlateNumber>& kept);
  void renew(NaiveVehicle& vehicle);
  [[nodiscard]] OfficeTick countdown(const NaiveVehicle& vehicle, Millis span) const;
  [[nodiscard]] OfficeTick shortlist_countdown(const NaiveVehicle& vehicle) const;
  void reserve(const std::string& vehicle, PlateNumber plate, bool automatic);
  void release(const std::string& vehicle, PlateNumber plate);
  void release_all_but(const std::string& vehicle, PlateNumber kept);
  static void end_shortlist(Application& application);
  void start_return(const Plate& plate);
  void put_on_blacklist(const std::string& owner, CivilTime until);
  [[nodiscard]] CivilTime blacklist_end(const NaiveOffice& office) const;
  template <class Change>
  void change_office(OfficeCode office, Change&& change);
  [[nodiscard]] Day deadline_from(const NaiveOffice& office, Day confirmed) const;
  [[nodiscard]] NaivePlate* find(const Plate& plate);
  OperatorAnswer find_reservation(const Plate& plate, bool repeat_of_issue);
  void complain(std::string text) { complaints_.push_back(std::move(text)); }

  CivilTime civil_{};
  std::map<OfficeCode, NaiveOffice> offices_;
  std::map<PoolKey, NaivePool> pools_;
  std::map<std::string, NaiveOwner> owners_;
  std::map<std::string, NaiveVehicle> vehicles_;
  // Everything that was ever counted: whose, when, for which application, and what it was for;
  // nothing: it was a wrong one.
  struct NaiveCode {
    std::string vehicle;
    Day day{};
    uint32_t application = 0;
    std::optional<CodePurpose> left_for;
  };
  std::vector<NaiveCode> codes_;
  std::vector<std::string> complaints_;
};

}  // namespace plated
