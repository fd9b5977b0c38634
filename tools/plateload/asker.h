// One owner of a steady load, who is in `pick` and stays there: their connection, the requests that
// are in flight on it and those that wait until one of them is answered. Nothing here allocates per
// request once warm.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "tools/plateload/figures/glance.h"
#include "tools/plateload/figures/tally.h"
#include "tools/plateload/load.h"
#include "tools/plateload/wire/connection.h"
#include "tools/plateload/wire/protocol.h"

namespace plated::load {

inline constexpr std::size_t kInFlightMax = 16;  // of the protocol

// A request that is to be asked, or was.
struct Asked {
  Op op = Op::enter;
  int64_t due_ns = 0;
  int64_t draw = 0;  // its number, for a draw
};

class Asker {
 public:
  // `number` is that of its events, and decides its source address.
  Asker(const Load& load, Tally& tally, MessageReader& reader, std::string owner,
        std::size_t number);

  // Connects and enters; what is asked meanwhile waits. False: it cannot even begin.
  [[nodiscard]] bool connect(Poller& poller);
  // Asks as soon as the protocol allows it; flush() sends it.
  void ask(Op op, int64_t due_ns);
  [[nodiscard]] bool flush();

  // Goes on reading, and asks what waits. False: the connection is lost, see why().
  [[nodiscard]] bool on_ready(uint32_t generation, uint32_t events, Scratch& scratch);
  // Gives the connection up, with what is in flight on it; it may connect again.
  void lose();
  // Drops, as unanswered, requests that have waited since before `before_ns`. For a connection
  // that is not ready: one that is ready sends them.
  void drop_waiting(int64_t before_ns);

  [[nodiscard]] bool is_ready() const { return ready_; }
  [[nodiscard]] const std::string& why() const { return why_; }
  [[nodiscard]] std::size_t in_flight() const { return in_flight_; }
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }
  [[nodiscard]] int64_t waiting_draws() const { return waiting_draws_; }
  [[nodiscard]] bool is_connected() const {
    return connection_.state() != Connection::State::closed;
  }
  // Since when it waits for the server, in vain so far; `now` when it does not.
  [[nodiscard]] int64_t waits_since_ns(int64_t now) const {
    return !is_connected() ? now : !ready_ ? began_ns_ : in_flight_ > 0 ? sent_ns_ : now;
  }
  // Draws that the owner could still make when they were last told, less those made since.
  [[nodiscard]] int64_t draws_left() const { return draws_left_; }

 private:
  [[nodiscard]] bool may_ask(Op op) const;
  void put(Op op, int64_t due_ns);
  void put_waiting();
  void enter();
  [[nodiscard]] bool on_text(std::string_view text);
  [[nodiscard]] bool on_entered(std::string_view text);
  void on_answer(const Glance& glance, std::string_view text);
  void look_closely(const Asked& asked, std::string_view text);
  [[nodiscard]] Asked take_oldest();
  [[nodiscard]] Asked take_waiting();

  const Load& load_;
  Tally& tally_;
  MessageReader& reader_;
  const std::string owner_;
  const std::string vehicle_;
  const std::size_t number_;
  Connection connection_;
  std::array<Asked, kInFlightMax> ring_;
  std::size_t oldest_ = 0;
  std::size_t in_flight_ = 0;
  std::deque<Asked> waiting_;  // in the order in which they were due
  int64_t waiting_draws_ = 0;  // of them
  std::string plate_;          // of the latest batch, to be shortlisted
  std::string why_;
  int64_t id_ = 0;    // of the latest request
  int64_t draw_ = 0;  // the latest draw asked for
  int64_t draws_left_ = 0;
  int64_t began_ns_ = 0;  // to connect
  int64_t sent_ns_ = 0;   // what is in flight, or was answered last
  uint32_t generation_ = 0;
  bool ready_ = false;   // entered
  bool in_step_ = true;  // false after a refused draw: what followed it has a wrong number
};

}  // namespace plated::load
