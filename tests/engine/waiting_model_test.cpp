// Random crowds before a waiting room, beside a naive twin that keeps plain lists and looks
// everything up: after each step both must have said the same, and whoever waits, works or is in
// the lobby must be the same people in the same order. The twin was written from the rules.
// PLATED_MODEL_SEQUENCES sets how many crowds.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/support/dice.h"
#include "tests/support/waiting_world.h"

namespace plated {
namespace {

constexpr int64_t kHourS = 3600;
constexpr int64_t kOpensAt = 14 * kHourS;  // seconds of the day; the schedule of every day
constexpr int64_t kClosesAt = 17 * kHourS;
constexpr int64_t kDayS = 24 * kHourS;
constexpr int64_t kLobbyS = kHourS;

// Whole seconds everywhere; `now` counts from midnight of the first day.
struct NaiveRoom {
  using Name = std::string;
  struct Acting {
    int64_t until = 0;
    bool coded = false;
  };

  int64_t now = 10 * kHourS;
  int64_t open_time = 0;
  bool open = true;
  bool paused = false;
  std::size_t working_max = 2;
  std::optional<int64_t> drawn;  // the last opening of which the lobby is over
  int64_t patient_until = 10 * kHourS + 60;
  std::vector<Name> lobby;
  std::vector<Name> queue;
  std::map<Name, int64_t> kept;  // those of the queue who were passed over
  std::set<Name> back;
  std::map<Name, Acting> acting;
  std::set<Name> verified;
  std::map<Name, int64_t> heard;

  [[nodiscard]] bool is_open() const { return open && !paused; }
  [[nodiscard]] bool works(const Name& who) const {
    return acting.contains(who) || verified.contains(who);
  }
  [[nodiscard]] std::size_t working() const {
    std::set<Name> all = verified;
    for (const auto& [name, act] : acting) {
      all.insert(name);
    }
    return all.size();
  }
  static bool has(const std::vector<Name>& list, const Name& who) {
    return std::find(list.begin(), list.end(), who) != list.end();
  }
  [[nodiscard]] std::size_t ahead(const Name& who) const {
    const auto me = std::find(queue.begin(), queue.end(), who);
    return static_cast<std::size_t>(
        std::count_if(queue.begin(), me, [&](const Name& n) { return !kept.contains(n); }));
  }
  [[nodiscard]] int64_t next_opening() const {
    const int64_t today = now / kDayS * kDayS + kOpensAt;
    return today > now ? today : today + kDayS;
  }
  [[nodiscard]] bool lobby_time() const {
    return !open && !paused && now >= next_opening() - kLobbyS;
  }
  [[nodiscard]] std::optional<Name> next() const {
    for (const Name& name : queue) {
      if (back.contains(name)) {
        return name;
      }
    }
    for (const Name& name : queue) {
      if (!kept.contains(name)) {
        return name;
      }
    }
    return std::nullopt;
  }
  void leave(const Name& who) {
    std::erase(lobby, who);
    std::erase(queue, who);
    kept.erase(who);
    back.erase(who);
  }
  void admit(const Name& who) {
    leave(who);
    acting[who] = {open_time + 120, false};
  }
  void hear(const Name& who) {
    heard[who] = now;
    if (kept.contains(who)) {
      back.insert(who);
    }
  }

  // Asks to do what only somebody who works may do.
  Refusal ask(const Name& who) {
    if (works(who)) {
      return open ? Refusal::none : Refusal::not_open;
    }
    if (!open && !lobby_time()) {
      return Refusal::not_open;
    }
    const bool waits = has(lobby, who) || has(queue, who);
    const bool room = open && working() < working_max;
    if (room && (waits ? next() == who : !next())) {
      admit(who);
      return Refusal::none;
    }
    if (!waits) {
      (open || drawn == next_opening() ? queue : lobby).push_back(who);
    }
    return Refusal::waiting;
  }

  void end_overdue() {
    std::erase_if(acting, [&](const auto& entry) { return entry.second.until <= open_time; });
    const std::vector<Name> all = queue;
    for (const Name& name : all) {
      if (kept.contains(name) && !back.contains(name) && kept.at(name) <= open_time) {
        leave(name);
      }
    }
  }
  // One person's turn. False: nobody's, or the queue waits for its head.
  bool serve() {
    const auto who = next();
    if (!who || working() >= working_max) {
      return false;
    }
    const bool connected = heard.contains(*who) && now - heard.at(*who) <= 121;
    if (connected) {
      admit(*who);
    } else if (back.contains(*who)) {
      back.erase(*who);
      end_overdue();
    } else if (now < patient_until) {
      return false;
    } else {
      kept[*who] = open_time + 1800;
    }
    return true;
  }
  void run() {
    if (is_open()) {
      end_overdue();
      while (serve()) {
      }
    }
  }
};

class Crowd : private World {
 public:
  explicit Crowd(uint64_t seed) : dice_(seed), seed_(seed) {
    load_first(500);
    settings([](Settings& s) {
      s.working_max = 2;
      s.lobby = Millis{kLobbyS * 1000};
      s.verified_for = 5 * kMinute;
    });
    OfficePatch patch{.office = office};
    patch.schedule = {ScheduleRow{0x7f, kOpensAt / 60, kClosesAt / 60}};
    EXPECT_TRUE(engine->put_office(patch, kOperator, changes).ok());
    for (uint64_t number = 1; number <= 9; ++number) {
      people_.push_back(owner(number));
      EXPECT_EQ(submit(people_.back()), Refusal::none);
    }
    secret();
    run_timers();
    run_timers();
  }

  void live(int steps) {
    for (int i = 0; i < steps && !testing::Test::HasFailure(); ++i) {
      doing_ = "step " + std::to_string(i) + ": ";
      step();
      compare();
    }
    MemorySink other;
    if (replayed(sink, other, ticks, 2)->digest() != engine->digest()) {
      differ("replay leads elsewhere");
    }
  }

 private:
  void secret() {
    const Day today = engine->office(office)->today();
    (void)engine->commit_lobby(office, today, DrawSecret{9});
    (void)engine->commit_lobby(office, today + std::chrono::days(1), DrawSecret{9});
  }

  void step() {
    const uint64_t kind = dice_.roll(100);
    const Who& who = dice_.one_of(people_);
    if (kind < 40) {
      ask(who);
    } else if (kind < 50) {
      look_at(who);
    } else if (kind < 55) {
      give_up_place(who);
    } else if (kind < 60) {
      finish(who);
    } else if (kind < 72) {
      operate(who);
    } else if (kind < 75) {
      go_on_from_the_log();
    } else {
      let_pass(static_cast<int64_t>(dice_.chance(80) ? dice_.roll(90) : dice_.roll(kHourS)));
    }
  }

  // Whatever was due of the application is a fact afterwards.
  void look_at(const Who& who) {
    doing_ += "look " + std::string(who.owner);
    twin_.hear(std::string(who.owner));
    (void)enter(who);
    know_verified();
  }

  void ask(const Who& who) {
    look_at(who);
    const std::string name(who.owner);
    const Step now = engine->vehicle(who.vehicle)->application.step;
    const bool verifies = dice_.chance(50);
    doing_ += verifies ? ", verify" : ", ask";
    Refusal expected = Refusal::none;
    if (barred_.contains(name)) {
      expected = now == Step::notice || !verifies ? Refusal::blacklisted : Refusal::none;
    } else if (now != Step::notice) {
      expected = verifies ? Refusal::none : Refusal::wrong_step;
    } else if (twin_.paused) {
      expected = Refusal::paused;
    } else {
      expected = twin_.ask(name);
    }
    Refusal said = Refusal::none;
    if (verifies) {
      said = verify(who);
    } else {
      CodeRequest code;
      engine->request_code(who, CodePurpose::verify, code);
      said = code.refusal;
      if (said == Refusal::none && dice_.chance(50)) {
        EXPECT_TRUE(engine->code_leaves(who, CodePurpose::verify, code.application).done);
        NaiveRoom::Acting* const act =
            twin_.acting.contains(name) ? &twin_.acting.at(name) : nullptr;
        if (act != nullptr && !act->coded) {
          *act = {twin_.open_time + 300, true};
        }
      }
    }
    if (said != expected) {
      differ("refusal " + std::to_string(int(said)) + ", the twin says " +
             std::to_string(int(expected)));
    }
    know_verified();
  }

  // Who is verified is not this twin's business: the other one's is (see model_test.cpp).
  void know_verified() {
    for (const Who& who : people_) {
      const std::string name(who.owner);
      if (engine->vehicle(who.vehicle)->application.step == Step::pick) {
        twin_.verified.insert(name);
        twin_.acting.erase(name);
      } else {
        twin_.verified.erase(name);
      }
    }
  }

  void give_up_place(const Who& who) {
    doing_ += "give up " + std::string(who.owner);
    const std::string name(who.owner);
    const bool waits = NaiveRoom::has(twin_.lobby, name) || NaiveRoom::has(twin_.queue, name);
    if (engine->give_up(who.owner, office).changed != waits) {
      differ("giving up");
    }
    twin_.leave(name);
  }

  // Reserves a plate; the next application begins when an operator voids it.
  void finish(const Who& who) {
    look_at(who);
    if (!twin_.verified.contains(std::string(who.owner)) || !twin_.is_open() ||
        barred_.contains(std::string(who.owner))) {
      return;
    }
    doing_ += ", finish";
    EXPECT_EQ(draw(who, 1), Refusal::none);
    EXPECT_EQ(shortlist(who, out.application.batch.at(0)), Refusal::none);
    EXPECT_EQ(confirm(who, out.application.shortlist.at(0)), Refusal::none);
    const Plate plate{pool, out.application.reservation.plate};
    EXPECT_TRUE(engine->void_reservation(plate, "test", false, kOperator, changes).ok());
    EXPECT_EQ(submit(who), Refusal::none);
    know_verified();
  }

  void operate(const Who& who) {
    const std::string name(who.owner);
    switch (dice_.roll(6)) {
      case 0:
        doing_ += "set the number";
        twin_.working_max = 1 + dice_.roll(4);
        settings([&](Settings& s) { s.working_max = static_cast<uint32_t>(twin_.working_max); });
        break;
      case 1:
        doing_ += "open";
        open();
        if (!twin_.open) {
          if (twin_.lobby_time()) {
            twin_.drawn = twin_.next_opening();
          }
          twin_.open = true;
          order_lobby_of(twin_.next_opening());
        }
        break;
      case 2:
        doing_ += "close";
        close();
        twin_.open = false;
        break;
      case 3:
        doing_ += twin_.paused ? "resume" : "pause";
        twin_.paused ? resume() : pause();
        twin_.paused = !twin_.paused;
        order_lobby_of(twin_.next_opening());
        break;
      default:
        doing_ += "blacklist or lift " + name;
        if (barred_.erase(name) > 0) {
          EXPECT_TRUE(engine->lift_blacklist(who.owner, "test", kOperator).ok());
        } else if (dice_.chance(50)) {
          barred_.insert(name);
          EXPECT_TRUE(blacklist(who).ok());
          twin_.leave(name);
          twin_.acting.erase(name);
        }
        break;
    }
    advance();
  }

  // The lobby that waited for that opening was put in order, if there is one and the office is
  // open.
  void order_lobby_of(int64_t opening) {
    if (!twin_.is_open() || twin_.lobby.empty()) {
      return;
    }
    const auto& ordered = sink.latest<LobbyOrdered>();
    std::vector<Waiter> waiters;
    for (uint32_t i = 0; i < twin_.lobby.size(); ++i) {
      waiters.push_back({i, 0});
    }
    EXPECT_EQ(ordered.places, waiters.size());
    order_lobby(ordered.seed, waiters);
    for (const Waiter& waiter : waiters) {
      twin_.queue.push_back(twin_.lobby.at(waiter.owner));
    }
    twin_.lobby.clear();
    twin_.drawn = opening;
  }

  void let_pass(int64_t seconds) {
    doing_ += "pass " + std::to_string(seconds);
    const int64_t before = twin_.now;
    // The schedule's changes are recorded when they come, as by a running service.
    const int64_t midnight = before / kDayS * kDayS;
    for (const int64_t change : {midnight + kOpensAt, midnight + kClosesAt, midnight + kDayS,
                                 midnight + kDayS + kOpensAt}) {
      if (change > twin_.now && change <= before + seconds) {
        move_to(change);
      }
    }
    move_to(before + seconds);
  }
  void move_to(int64_t moment) {
    const int64_t opening = twin_.next_opening();
    const int64_t span = moment - twin_.now;
    ticks.advance(Millis{span * 1000});
    twin_.open_time += twin_.is_open() ? span : 0;
    twin_.now = moment;
    run_timers();
    if (moment % kDayS == kOpensAt && span > 0) {
      if (!twin_.open && !twin_.paused) {
        twin_.drawn = opening;
      }
      twin_.open = true;
      order_lobby_of(opening);
    } else if (moment % kDayS == kClosesAt && span > 0 && twin_.open) {
      twin_.open = false;
      twin_.queue.clear();
      twin_.kept.clear();
      twin_.back.clear();
    }
    secret();
    advance();
  }
  void advance() {
    run_timers();
    run_timers();
    know_verified();
    twin_.run();
  }

  void go_on_from_the_log() {
    doing_ += "restart";
    engine = replayed(sink, sink, ticks, 4);
    for (const auto& [key, period] : engine->secrets_wanted()) {
      for (const uint8_t byte : {uint8_t{1}, uint8_t{2}}) {
        (void)engine->provide_secret(key, period.day, DrawSecret{byte});
      }
    }
    for (const auto& [code, period] : engine->lobby_secrets_wanted()) {
      EXPECT_TRUE(engine->provide_lobby_secret(code, period.day, DrawSecret{9}));
    }
    twin_.heard.clear();
    twin_.back.clear();
    twin_.patient_until = twin_.now + 60;
    advance();
  }

  void compare() {
    for (const Who& who : people_) {
      const std::string name(who.owner);
      const auto place = engine->standing(who.owner, office).place;
      const bool lobby = NaiveRoom::has(twin_.lobby, name);
      const bool queue = NaiveRoom::has(twin_.queue, name);
      if (place.has_value() != (lobby || queue) || (place && place->lobby != lobby)) {
        differ(name + (lobby ? " is in the lobby" : queue ? " is in the queue" : " does not wait"));
      } else if (queue && place->ahead != twin_.ahead(name)) {
        differ(name + " has " + std::to_string(place->ahead) + " ahead, the twin says " +
               std::to_string(twin_.ahead(name)));
      }
    }
    const WaitingReport report = *engine->waiting(office);
    if (report.working != twin_.working() || report.queue != twin_.queue.size() ||
        report.lobby != twin_.lobby.size()) {
      differ("working " + std::to_string(report.working) + ", the twin says " +
             std::to_string(twin_.working()));
    }
  }

  void differ(const std::string& what) const {
    ADD_FAILURE() << "seed " << seed_ << ", " << doing_ << ": " << what;
  }

  Dice dice_;
  uint64_t seed_;
  NaiveRoom twin_;
  std::vector<Who> people_;
  std::set<std::string> barred_;
  std::string doing_;
};

TEST(WaitingModel, RandomCrowdsStandWhereTheRulesPutThem) {
  const char* const text = std::getenv("PLATED_MODEL_SEQUENCES");
  const uint64_t crowds = text != nullptr ? std::strtoull(text, nullptr, 10) / 10 + 1 : 150;
  for (uint64_t seed = 1; seed <= crowds && !HasFailure(); ++seed) {
    Crowd(seed).live(250);
  }
}

}  // namespace
}  // namespace plated
