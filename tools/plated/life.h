// One life of the service: the engine that recovery made, and everything that points to it. It is
// what can be let go and made anew from the disk while the process, its sockets and its lock on the
// directory stay; whatever holds a reference to the engine is in here, or ends before it.
//
// It knows no socket and runs what ships: a server hands it threads, the disk and the machine's
// clocks; a simulation hands it a disk that loses things and clocks that jump, and calls its
// rounds. Let go without finish(), it has done nothing that a crash would not have done.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/engine.h"
#include "engine/secret_memory.h"
#include "net/notices/outbox.h"
#include "net/notices/sms_gateway.h"
#include "net/operators/actions.h"
#include "net/operators/routes.h"
#include "net/protocol/ticket.h"
#include "net/selection/code_desk.h"
#include "net/selection/sms_codes.h"
#include "tools/plated/clockwork.h"
#include "tools/plated/storage.h"

namespace plated {

struct LifeOptions {
  StorageOptions storage;
  bool rehearsal = false;
  OfficeCode rehearsal_office;
  Millis ticket_age_max = kTicketAgeMax;
  Millis checkpoint_interval{600'000};
};

class Life {
 public:
  // What is outside of it, and outlives it.
  struct Outside {
    Storage::Outside storage;
    // Tells whoever watches of what timers and operators changed.
    std::function<void(const Changes&)> publish{};
    // Hand a code, a notice to whoever sends SMS. False: none is taken now.
    std::function<bool(SmsMessage)> send_code{};
    std::function<bool(SmsMessage, SmsGateway::Callback)> send_notice{};
    // As CodeDesk::Outside::held_up; may be left away.
    std::function<std::optional<Millis>()> sms_held_up{};
    // Every second, for whoever keeps statistics.
    std::function<void()> every_second{};
    // For the operators.
    std::function<ServiceReport()> report{};
    // As in AdminActions; left away: nothing is found, and nothing is wrong.
    std::function<std::string()> gateway_problem = [] { return std::string(); };
    std::function<std::vector<Finding>()> examine = [] { return std::vector<Finding>(); };
    std::function<void()> drain{};
    // Ends the sessions of an owner, or (the owner empty) of the ticket of that jti; may be left
    // away where there are none.
    std::function<void(std::string_view owner, std::string_view jti)> end_tickets{};
    Say say{};
  };

  Life(LifeOptions options, Outside outside);
  // As if the process had ended here; but threads end first, and write what they have.
  ~Life();
  Life(const Life&) = delete;
  Life& operator=(const Life&) = delete;

  // The start-up path up to an engine that can be asked. Once, and first.
  Status recover(const RecoveryProgress& progress = {});
  // From here on it does by itself what is due. With Loops::caller that is when beat() is called.
  void start();

  // --- The rounds, for Loops::caller ---
  // Everything that is due by now: timers, the time's record, and every second coming secrets, log
  // files in advance and notices. The log's writer is Storage::write.
  void beat() { clockwork_->beat(); }

  // Ends what appends by itself. The doors must have closed.
  void stop();
  enum class End : uint8_t { safe, log_failed, state_differs };
  // Requires stop(). Makes everything durable, takes the last checkpoint, compares what it replayed
  // with the live state, and closes the log.
  [[nodiscard]] End finish();

  [[nodiscard]] Storage& storage() { return storage_; }
  [[nodiscard]] Engine& engine() { return storage_.engine(); }
  [[nodiscard]] CodeDesk& codes() { return *desk_; }
  [[nodiscard]] uint64_t refused_codes(Limit limit) const { return codes_->refused(limit); }
  [[nodiscard]] AdminRoutes& routes() { return *routes_; }
  // Opens personal data for whoever shows it.
  [[nodiscard]] OpenPersonalData opener();

 private:
  [[nodiscard]] AdminActions make_actions();
  void every_second();

  const LifeOptions options_;
  const Outside outside_;
  Storage storage_;
  const LockedPtr<SmsCodes> codes_;  // with the key of its hashes
  std::unique_ptr<CodeDesk> desk_;
  std::unique_ptr<NoticeOutbox> outbox_;
  std::unique_ptr<AdminRoutes> routes_;
  std::unique_ptr<Clockwork> clockwork_;
};

}  // namespace plated
