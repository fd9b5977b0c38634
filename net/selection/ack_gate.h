// The gate of one net thread: messages for its connections wait here until what they say is
// durable. Answers of the thread's own connections and pushes from any thread go through the same
// queue, so each connection hears everything in the order in which it became true.
//
// The thread that owns the gate is the only caller of everything but `send` and `durable_moved`,
// which any thread may call at any time; they take one short lock or none, and never wait for a
// connection. After a failed sync nobody moves the durable sequence, so nothing leaves.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/commands.h"
#include "engine/guarded.h"
#include "engine/types.h"
#include "net/selection/connection.h"

namespace plated {

class AckGate {
 public:
  // What stands beside a message while it waits. An answer frees a place among the requests in
  // flight and is measured; a push does neither.
  struct Note {
    bool answer = false;
    bool understood = false;  // the op means something
    Op op = Op::vehicles;
    ErrorCode code = ErrorCode::none;
    std::chrono::steady_clock::time_point since{};
  };

  // A message that has waited long enough.
  struct Cleared {
    ConnectionId connection;
    const Note& note;
    std::string_view bytes;
    Sequence rests_on;  // its own, or that of what it waited behind
  };

  // What a push is about: of a vehicle, for one connection that watches it; of an office, for every
  // connection of the thread that watches a vehicle of it; of an office's applications, for the
  // same, which look at theirs anew: it has no bytes, and `connection` says from which slot on; of
  // an owner (their mark), for every one of theirs that was told of a place in the office's waiting
  // room.
  struct Push {
    enum class About : uint8_t { vehicle, office, applications, owner };
    ConnectionId connection;
    VehicleId vehicle;
    uint32_t version = 0;
    OfficeCode office;
    About about = About::vehicle;
    uint64_t owner = 0;
    Sequence rests_on;
  };

  // `durable` is the sequence up to which everything is safe. `wake` makes the thread call
  // collect() and release() soon; any thread may call it, and not twice before `woken`.
  AckGate(const std::atomic<uint64_t>& durable, std::function<void()> wake);
  AckGate(const AckGate&) = delete;
  AckGate& operator=(const AckGate&) = delete;

  // Whether what rests on `sequence` may be said at once.
  [[nodiscard]] bool is_durable(Sequence sequence) const {
    return sequence.value <= durable_.load(std::memory_order_acquire);
  }

  // Lets a message wait for `sequence`, behind everything that waits already.
  void park(Sequence sequence, ConnectionId connection, const Note& note, std::string_view bytes);

  // The thread woke up because of `wake`. Comes before collect and release.
  void woken() { wake_pending_.store(false); }

  // Takes in what other threads sent: `accept(push, bytes)` is asked about each and parks what it
  // wants to keep.
  template <class Accept>
  void collect(Accept&& accept) {
    swap_mail();
    std::size_t begin = 0;
    for (const Mail& mail : taken_.list) {
      accept(mail.push, std::string_view(taken_.bytes).substr(begin, mail.end - begin));
      begin = mail.end;
    }
    taken_.list.clear();
    taken_.bytes.clear();
  }

  // Hands everything that has become durable to `deliver(cleared)`, in order; it must not park.
  template <class Deliver>
  void release(Deliver&& deliver) {
    const uint64_t durable = watch_durable();
    while (head_ < waiting_.size() && waiting_[head_].sequence <= durable) {
      const Waiting& entry = waiting_[head_++];
      const auto bytes = std::string_view(bytes_).substr(entry.begin, entry.size);
      deliver(Cleared{entry.connection, entry.note, bytes, Sequence{entry.sequence}});
    }
    compact();
  }

  [[nodiscard]] std::size_t waiting() const { return waiting_.size() - head_; }
  [[nodiscard]] std::size_t waiting_bytes() const { return bytes_.size(); }

  // From any thread.
  // Leaves a push for the thread. Bytes beyond kMailMax are dropped: their connections are told the
  // whole application again with the next change or request.
  void send(const Push& push, std::string_view bytes);
  // The durable sequence has moved. Costs two atomic reads when nothing waits.
  void durable_moved();

  static constexpr std::size_t kMailMax = 64 * 1024 * 1024;

 private:
  struct Waiting {
    uint64_t sequence;
    std::size_t begin;
    uint32_t size;
    ConnectionId connection;
    Note note;
  };
  struct Mail {
    Push push;
    std::size_t end;
  };
  struct Mails {
    std::vector<Mail> list;
    std::string bytes;
  };

  void swap_mail();
  void compact();
  [[nodiscard]] uint64_t watch_durable();
  void wake_once();

  const std::atomic<uint64_t>& durable_;
  std::function<void()> wake_;

  std::vector<Waiting> waiting_;  // from head_ on, by ascending sequence
  std::size_t head_ = 0;
  std::string bytes_;

  // Tells durable_moved whether anybody here cares, and that the thread is about to look anyway.
  alignas(64) std::atomic<bool> parked_{false};
  std::atomic<bool> wake_pending_{false};

  Guarded<Mails> mail_;
  Mails taken_;
};

}  // namespace plated
