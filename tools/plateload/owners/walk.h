// One owner's way from the first `enter` to a confirmed plate, as a state machine: it is told what
// arrives and says what to do next. It opens no socket, reads no clock and draws its choices from
// its seed, so the same seed and the same answers make the same walk.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tools/plateload/owners/think.h"
#include "tools/plateload/wire/protocol.h"

namespace plated::load {

// How long an owner takes before asking for an op, and is away when the connection breaks.
struct ThinkTimes {
  std::array<Think, kOps> before;
  Think away{Think::Kind::fixed, 500, 0};
  friend bool operator==(const ThinkTimes&, const ThinkTimes&) = default;
};

// What an owner means to do.
struct WalkPlan {
  uint32_t draws = 1;  // draws before choosing
  bool without4 = false;
  bool abandon = false;      // leave after the draws, with the batch still held
  bool exhaust = false;      // with `abandon`: leave only when every draw is used up
  bool resume = false;       // an application that is already on its way is no surprise
  bool until_empty = false;  // an empty pool is an end as good as a plate
  bool look_only = false;    // only enter, and repeat the latest draw if it is `repeat_draw`
  int64_t repeat_draw = 0;
  bool prepare_only = false;  // end as `ready` in `pick`, with `draws` made
  uint32_t reconnect_at = 0;  // the decision before which the connection breaks; 0: none
  uint32_t nonsense_at = 0;   // the decision before which nonsense is sent; 0: none
  ThinkTimes think;
  uint64_t seed = 0;
};

// What owners do, as shares of all of them.
struct PlanShares {
  double redraws = 0.3;
  double without4 = 0.1;
  double abandon = 0;
  double reconnect = 0;
  double nonsense = 0;
  friend bool operator==(const PlanShares&, const PlanShares&) = default;
};
// The plan of owner number `owner`, but for what is the same for all.
[[nodiscard]] WalkPlan make_plan(const PlanShares& shares, uint64_t seed, uint64_t owner);

enum class WalkEnd : uint8_t { confirmed, abandoned, pool_empty, looked, ready, failed };
inline constexpr std::size_t kWalkEnds = 6;
inline constexpr std::array<std::string_view, kWalkEnds> kWalkEndNames = {
    "confirmed", "abandoned", "pool_empty", "looked", "ready", "failed"};

struct Action {
  enum class Kind : uint8_t {
    send,       // send `text`, then read
    pause,      // call on_pause_over after `after_ms`; go on reading meanwhile
    listen,     // read; nothing is asked
    reconnect,  // drop the connection, connect again after `after_ms`
    finish,     // `end`, and `why` where it failed
  };
  Kind kind = Kind::listen;
  Op op = Op::enter;
  std::string text;
  int64_t after_ms = 0;
  WalkEnd end = WalkEnd::failed;
  std::string why;
};

// Who waits in the waiting room enters again after so long, to count as connected.
inline constexpr int64_t kSignOfLifeMs = 50'000;
inline constexpr uint32_t kReconnectsMax = 120;   // in a row, before a walk gives up
inline constexpr uint32_t kSurprisesMax = 5;      // refusals that the protocol does not explain
inline constexpr uint32_t kPatienceMax = 10'000;  // refusals that only ask to wait

class Walk {
 public:
  Walk(std::string vehicle, const WalkPlan& plan);

  // A connection stands. What was unanswered when the last one broke is repeated as it was, with
  // the same draw number, once `enter` is answered.
  [[nodiscard]] Action on_connected();
  [[nodiscard]] Action on_message(const Message& message);
  [[nodiscard]] Action on_pause_over();
  // The connection is gone, or could not be made; of a pause that this cuts, `waited_ms` were over.
  [[nodiscard]] Action on_lost(const std::string& why, int64_t waited_ms);

  // What the latest answer or push said.
  [[nodiscard]] const std::optional<Document>& document() const { return document_; }
  [[nodiscard]] bool is_asking() const { return asking_; }
  // How long the owner has really taken to think so far, time away included.
  [[nodiscard]] int64_t thought_ms() const { return thought_ms_; }

 private:
  [[nodiscard]] Action on_admitted();
  [[nodiscard]] Action on_answer(const Message& message);
  [[nodiscard]] Action on_refusal(const Message& message);
  [[nodiscard]] Action on_no(const Message& message);
  [[nodiscard]] Action decide();
  [[nodiscard]] Action decide_step();
  [[nodiscard]] Action decide_code(const char* purpose);
  [[nodiscard]] Action decide_pick();
  [[nodiscard]] Action choose();
  [[nodiscard]] Action look();

  [[nodiscard]] Action send(Op op, std::string text);
  [[nodiscard]] Action ask(Request request);
  [[nodiscard]] Action ask_again();
  [[nodiscard]] Action talk_nonsense();
  [[nodiscard]] Action pause(int64_t after_ms);
  [[nodiscard]] Action enter();
  [[nodiscard]] Action wait(const Message& message);
  [[nodiscard]] Action surprise(const Message& message);
  [[nodiscard]] Action finish(WalkEnd end, std::string why = {});
  [[nodiscard]] bool batch_is_untouched() const;
  [[nodiscard]] uint64_t random();
  [[nodiscard]] const std::string& any_of(const std::vector<std::string>& plates);

  std::string vehicle_;
  WalkPlan plan_;
  uint64_t random_state_;

  std::optional<Document> document_;
  std::optional<Request> request_;  // decided, and not yet answered
  bool entering_ = false;           // what is in flight is `enter`
  bool asking_ = false;             // something is in flight
  bool first_enter_ = true;
  bool waiting_room_ = false;
  bool code_sent_ = false;
  bool keeping_ = true;  // of this batch, before the next draw, one is shortlisted
  bool finished_ = false;
  bool repeated_ = false;
  bool pausing_ = false;
  bool talking_nonsense_ = false;  // what is in flight is nonsense
  int64_t thought_ms_ = 0;
  int64_t thinking_ms_ = 0;  // how long the present pause to think lasts
  int64_t id_ = 0;
  int64_t reconnect_in_ms_ = 0;
  uint32_t lost_ = 0;
  uint32_t surprises_ = 0;
  uint32_t patience_ = 0;
};

}  // namespace plated::load
