// Sends what owners are owed by SMS: the success of a selection, the reminder, the lapse. What is
// owed is the engine's state, so nothing is lost with the process; here stands only when each was
// last tried. A notice leaves when its record is durable, at least once, under the same id every
// time; a failed one is tried again after 1 s, 2 s, … 10 min. It never delays or undoes a
// selection.
//
// A thread of its own looks once a second, and at once when a message was delivered. Thread-safe.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "engine/engine.h"
#include "engine/types.h"
#include "net/notices/personal_data.h"
#include "net/notices/sms_gateway.h"

namespace plated {

class NoticeOutbox {
 public:
  struct Outside {
    OpenPersonalData open;
    // Hands a message over; as SmsGateway::submit.
    std::function<bool(SmsMessage, SmsGateway::Callback)> send;
    std::function<Sequence()> durable;
    // A monotonic clock: what waits to be tried again waits by it, not by service time.
    std::function<Millis()> monotonic;
  };

  static constexpr Millis kBackoffFirst = std::chrono::seconds(1);
  static constexpr Millis kBackoffMost = std::chrono::minutes(10);

  // Requires an engine that outlives it, and a gateway that calls nobody back once this is gone:
  // stop it first.
  NoticeOutbox(Engine& engine, Outside outside);
  ~NoticeOutbox();
  NoticeOutbox(const NoticeOutbox&) = delete;
  NoticeOutbox& operator=(const NoticeOutbox&) = delete;

  void start();
  void stop();

  // Settles what was delivered, and hands over what is due. The thread calls it; a test may.
  void look();

  // Forgets how long a notice should wait. False if no such notice was seen, or it is on its way.
  [[nodiscard]] bool retry(Sequence notice);

 private:
  enum class Way : uint8_t { waits, with_gateway, delivered };
  struct Attempt {
    Way way = Way::waits;
    uint32_t failures = 0;
    Millis due{};       // by the monotonic clock
    uint64_t look = 0;  // in which it was last seen to be owed
  };

  void work();
  void handle(const PendingNotice& notice, Millis now);
  void hand_over(const PendingNotice& notice, std::string phone);
  void called_back(uint64_t id, bool delivered);
  void failed(Attempt& attempt) const;

  Engine& engine_;
  const Outside outside_;
  // One look at a time. Not Guarded: it gives a turn and guards no value.
  std::mutex look_mutex_;
  std::mutex mutex_;  // of all below but the thread; not Guarded: `wake_` waits with it
  std::condition_variable wake_;
  std::map<uint64_t, Attempt> attempts_;
  uint64_t looks_ = 0;
  bool stopping_ = false;
  bool news_ = false;
  std::thread thread_;
};

}  // namespace plated
