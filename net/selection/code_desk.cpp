#include "net/selection/code_desk.h"

#include <utility>

#include "engine/calendar.h"
#include "engine/secret_memory.h"
#include "net/notices/office_texts.h"

namespace plated {
namespace {

constexpr std::string_view kRehearsalPhone = "00000000000";
// How often a request starts over because its application changed between being looked at and
// being decided; each time needs another device of the same owner, or an operator, in between.
constexpr int kAttemptsMax = 3;

// Codes live on the office's service time, so that a pause costs them nothing. SmsCodes only
// compares and adds; which clock the ticks are of is the same to it.
Tick code_time(OfficeTick at) { return Tick(at.time_since_epoch()); }

bool is_about_the_code(Refusal refusal) {
  return refusal == Refusal::wrong_code || refusal == Refusal::code_expired ||
         refusal == Refusal::too_soon || refusal == Refusal::too_many_tries;
}

}  // namespace

CodeDesk::CodeDesk(Engine& engine, SmsCodes& codes, Outside outside)
    : engine_(engine), codes_(codes), outside_(std::move(outside)) {}

std::optional<std::string> CodeDesk::phone_of(uint64_t key, std::string_view sealed) const {
  if (outside_.rehearsal) {
    return std::string(kRehearsalPhone);
  }
  if (key == 0) {
    return std::nullopt;
  }
  const std::optional<PersonalData> person = outside_.open(key, sealed);
  if (!person || person->phone.empty()) {
    return std::nullopt;
  }
  return person->phone;
}

std::string CodeDesk::name_of(uint64_t key, std::string_view sealed) const {
  const std::optional<PersonalData> person = key == 0 ? std::nullopt : outside_.open(key, sealed);
  return person ? masked_name(person->name) : std::string();
}

CodeMoment CodeDesk::moment_of(const CodeRequest& request) const {
  return {code_time(request.now), request.tick, request.today, !outside_.rehearsal};
}

void CodeDesk::restore_counts() {
  if (outside_.rehearsal) {
    return;
  }
  const Tick now = engine_.last_now().tick;
  engine_.each_code_count([&](const CodeCount& count) {
    const std::optional<std::string> phone = phone_of(count.key, count.sealed);
    SmsCodes::Before before{.key = {count.vehicle, count.application, CodePurpose::submit},
                            .day = count.day,
                            .sent = count.sent[static_cast<std::size_t>(CodePurpose::submit)],
                            .misses = count.misses,
                            .of_phone = count.sent_in_all,
                            .owner = count.owner,
                            .phone = phone ? *phone : std::string_view()};
    codes_.restore(before, now);
    before.key.purpose = CodePurpose::verify;
    before.sent = count.sent[static_cast<std::size_t>(CodePurpose::verify)];
    before.misses = 0;
    before.of_phone = 0;
    codes_.restore(before, now);
  });
  wipe_stack();  // phones stood there
}

void CodeDesk::send(const Who& who, CodePurpose purpose, Sent& out) {
  out = Sent{};
  engine_.request_code(who, purpose, out.request);
  const CodeRequest& request = out.request;
  if (request.refusal != Refusal::none) {
    out.error = error_of(request.refusal);
    out.until = request.until;
    return;
  }
  const std::optional<std::string> phone = phone_of(request.key, request.sealed);
  if (!phone) {
    out.error = ErrorCode::not_eligible;
    out.message = "no phone is known to which a code could be sent";
    return;
  }
  // Before anything is counted: a code that cannot arrive costs nobody one of their day's.
  if (const auto wait = outside_.held_up ? outside_.held_up() : std::nullopt) {
    out.error = ErrorCode::overloaded;
    out.message = "no message leaves at present; ask for a code a little later";
    out.retry_in = *wait;
    return;
  }
  const CodeKey key{who.vehicle, request.application, purpose};
  const SendOutcome issued = codes_.issue(key, *phone, request.codes_per_phone, moment_of(request));
  if (issued.refusal != SendRefusal::none) {
    refuse(issued, out);
    return;
  }
  out.sent_to = masked_phone(*phone);
  out.expires_in = issued.expires_in;
  out.resend_in = issued.resend_in;
  // Counted before it leaves, so that no restart gives anybody another day's worth.
  const Engine::Counted counted = engine_.code_leaves(who, purpose, request.application);
  out.request.rests_on = counted.rests_on;
  if (!counted.done) {
    out.error = ErrorCode::overloaded;
    out.message = "the code could not be recorded, so none was sent; ask for another one later";
    out.retry_in = issued.resend_in;
    return;
  }
  if (outside_.rehearsal) {
    return;  // none leaves
  }
  Office office = engine_.office(request.office).value_or(Office{});
  office.code = request.office;
  SmsMessage message{
      {}, *phone, text_of_code(purpose, who.vehicle, issued.code, kCodeLife, office)};
  message.about = who.vehicle;
  message.about += purpose == CodePurpose::submit ? " submit" : " verify";
  message.wanted = [open = outside_.open, key = request.key, sealed = request.sealed] {
    return open(key, sealed).has_value();
  };
  if (!outside_.send(std::move(message))) {
    out.error = ErrorCode::overloaded;
    out.message = "the message could not be sent; ask for another code later";
    out.retry_in = issued.resend_in;
  }
}

void CodeDesk::refuse(const SendOutcome& outcome, Sent& out) {
  out.error = ErrorCode::too_soon;
  if (outcome.refusal == SendRefusal::too_soon || outcome.refusal == SendRefusal::phone_too_soon) {
    out.retry_in = outcome.retry_in;
    return;
  }
  out.message = outcome.refusal == SendRefusal::too_many_today
                    ? "this application had its codes of the day"
                    : "this phone had its codes of the day";
  out.until = tomorrow(out.request);
}

std::optional<CivilTime> CodeDesk::tomorrow(const CodeRequest& request) const {
  const std::optional<Office> office = engine_.office(request.office);
  return office ? std::optional(start_of(request.today + std::chrono::days(1), office->utc_offset))
                : std::nullopt;
}

// A request that is refused for anything but its code, or repeats what is done, costs no try. The
// engine's refusals are told in its own order, so it is asked again with the verdict.
template <class Ask>
void CodeDesk::decide(const Who& who, CodePurpose purpose, std::string_view code, Outcome& out,
                      Ask&& ask) {
  CodeRequest request;
  bool settled_first = false;
  ApplicationView settled;
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    engine_.request_code(who, purpose, request);
    if (request.settled_first) {
      settled_first = true;
      settled = request.settled;
    }
    const CodeKey key{who.vehicle, request.application, purpose};
    const bool tries = request.refusal == Refusal::none;
    const SmsCodes::Try tried =
        tries ? codes_.begin_try(key, who.owner, code, moment_of(request)) : SmsCodes::Try{};
    ask(tried.verdict, out);
    if (tries && out.refusal == Refusal::none && out.changed) {
      codes_.spend(key);
    } else if (tries && !is_about_the_code(out.refusal)) {
      codes_.undo_try(key, who.owner, tried.verdict);
    } else if (tries && out.refusal == Refusal::too_soon) {
      out.retry_in = tried.retry_in;
    } else if (tries && tried.until_tomorrow) {
      out.until = tomorrow(request);
    }
    // The code was not compared, yet by now it is what decides: once more, comparing it.
    if (tries || !is_about_the_code(out.refusal)) {
      break;
    }
  }
  if (settled_first && !out.settled_first) {
    out.settled_first = true;
    out.settled = std::move(settled);
  }
}

void CodeDesk::submit(const Who& who, std::string_view code, std::string_view terms, Outcome& out) {
  decide(who, CodePurpose::submit, code, out, [&](CodeVerdict verdict, Outcome& outcome) {
    engine_.submit({who, terms, verdict}, outcome);
  });
}

void CodeDesk::verify(const Who& who, std::string_view code, Outcome& out) {
  decide(who, CodePurpose::verify, code, out, [&](CodeVerdict verdict, Outcome& outcome) {
    engine_.verify({who, verdict}, outcome);
  });
}

}  // namespace plated
