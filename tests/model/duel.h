// A duel: random commands, from a seed, given to the engine and to its naive twin; after each one
// both must have said the same and stand the same. It ends with the first difference, as a failure
// of the running test that names seed and step. For tests only.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/model/naive_engine.h"
#include "tests/support/dice.h"
#include "tests/support/world.h"

namespace plated {

class Duel : private World {
 public:
  // How often each refusal was given, over all duels that share it.
  using Tally = std::array<uint64_t, 32>;

  Duel(uint64_t seed, Tally& tally);
  // Gives `steps` commands, or fewer if the two disagree.
  void fight(int steps);
  // Replays the engine's records with several numbers of shards.
  void replay();

 private:
  struct Rider {
    std::string owner;
    std::string vehicle;
    PoolKey pool;
    [[nodiscard]] Who who() const { return {owner, vehicle}; }
  };

  void add_rider(const std::string& owner, const std::string& vehicle, PoolKey key, bool eligible);
  void step();
  // --- Citizens ---
  void citizen_step();
  void next_step_of(const Rider& rider);
  void any_step_of(const Rider& rider);
  void ask_enter(const Rider& rider);
  void ask_submit(const Rider& rider, CodeVerdict code, std::string_view terms);
  void ask_verify(const Rider& rider, CodeVerdict code);
  void ask_draw(const Rider& rider, uint32_t number, bool without4);
  void ask_shortlist(const Rider& rider, const Plate& plate);
  void ask_confirm(const Rider& rider, const Plate& plate);
  void send_code(const Rider& rider);
  void ask_of_a_full_log();
  Plate some_plate(const Rider& rider);
  // --- Operators ---
  void operator_step();
  void change_office(OfficeCode code);
  void change_settings(OfficeCode code);
  void change_owner();
  void change_plates();
  void load_segment();
  void change_reservation();
  // --- Time ---
  void time_step();
  void restart();

  void compare_answer(const Rider& rider, const NaiveEngine::Answer& answer);
  void compare_verdict(const Verdict& verdict, const NaiveEngine::OperatorAnswer& answer);
  // Tells the twin what was recorded by itself; events of `own` it knows already.
  void adopt_records(const std::string& own);
  template <class E>
  void adopt(const E& event, const std::string& own);
  void compare_all();
  void compare_view(const Rider& rider, const ApplicationView& view);
  void compare_version(const Rider& rider, const ApplicationView& view);
  void compare_plates();
  void compare_codes();
  void differ(const std::string& what) const;

  uint64_t seed_;
  int step_ = 0;
  std::string doing_;
  Dice dice_;
  Tally& tally_;
  NaiveEngine twin_;
  std::vector<Rider> riders_;
  std::vector<PoolKey> pools_;
  std::map<std::string, std::pair<uint32_t, NaiveEngine::Face>> seen_;  // with the version
  std::size_t adopted_ = 0;
  bool reminded_ = false;          // a reminder was recorded by this command
  std::set<std::string> settled_;  // by themselves, in the records being adopted
  std::set<PoolKey> new_days_;     // pools whose next secret is wanted
};

}  // namespace plated
