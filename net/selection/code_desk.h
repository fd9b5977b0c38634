// Sends SMS codes and judges them: the order in which the engine's rules, the codes' limits and the
// tries meet. The engine is asked first whether a code makes sense now; a try counts only when it
// was the code that decided. Thread-safe.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "engine/commands.h"
#include "engine/engine.h"
#include "engine/types.h"
#include "net/notices/personal_data.h"
#include "net/notices/sms_gateway.h"
#include "net/protocol/message.h"
#include "net/selection/sms_codes.h"

namespace plated {

class CodeDesk {
 public:
  struct Outside {
    OpenPersonalData open;
    // Hands a message to the gateway, which gives it its id. False: it takes none now.
    std::function<bool(SmsMessage)> send;
    bool rehearsal = false;  // every code is the same one, and none is sent
    // How long to wait before a message is worth a try, when none has left for a while; empty, or
    // nothing: they leave.
    std::function<std::optional<Millis>()> held_up = {};
  };

  CodeDesk(Engine& engine, SmsCodes& codes, Outside outside);

  // Gives the codes' limits what the log says was counted today. After recovery, before the first
  // request.
  void restore_counts();

  // How sending a code ended. Nothing of it may be said before `request.rests_on` is durable.
  struct Sent {
    CodeRequest request;
    ErrorCode error = ErrorCode::none;
    std::string_view message;  // of an error; empty: the code's own words
    std::optional<Millis> retry_in;
    std::optional<CivilTime> until;
    std::string sent_to;  // masked
    Millis expires_in{};
    Millis resend_in{};
  };
  void send(const Who& who, CodePurpose purpose, Sent& out);

  // The masked name of whom `sealed` tells under `key`; empty when none is known.
  [[nodiscard]] std::string name_of(uint64_t key, std::string_view sealed) const;

  // Judges `code` and lets the engine decide the command with that verdict.
  void submit(const Who& who, std::string_view code, std::string_view terms, Outcome& out);
  void verify(const Who& who, std::string_view code, Outcome& out);

 private:
  template <class Ask>
  void decide(const Who& who, CodePurpose purpose, std::string_view code, Outcome& out, Ask&& ask);
  [[nodiscard]] std::optional<std::string> phone_of(uint64_t key, std::string_view sealed) const;
  [[nodiscard]] CodeMoment moment_of(const CodeRequest& request) const;
  void refuse(const SendOutcome& outcome, Sent& out);
  [[nodiscard]] std::optional<CivilTime> tomorrow(const CodeRequest& request) const;

  Engine& engine_;
  SmsCodes& codes_;
  Outside outside_;
};

}  // namespace plated
