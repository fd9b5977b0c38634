// The counter's work on reservations, and what a voucher says. Part of topics.h.
#include <array>

#include "net/operators/json.h"
#include "net/operators/topics.h"
#include "net/protocol/answer_text.h"

namespace plated {
namespace {

namespace json = boost::json;

// Runs `write` on the plate of the path, tells who watches, and says how it went.
template <class Write>
OperatorAnswer change_reservation(const AdminCall& call, const Plate& plate, Write&& write) {
  Changes changes;
  const Verdict verdict = write(changes);
  // Also of a refused request: what it found due has happened.
  call.actions.publish(changes);
  if (!verdict.ok()) {
    return refuse(verdict);
  }
  const PlateReport report = call.engine.plate(plate);
  return say(json::object{{"plate", text_json(plate)},
                          {"state", name_of(report.state)},
                          {"changed", verdict.changed}},
             verdict.rests_on);
}

OperatorAnswer issue(const AdminCall& call) {
  const auto plate = plate_part(call.parts[0]);
  if (!plate.value) {
    return plate.refusal;
  }
  AdminForm form(call.request.body);
  const std::optional<Day> date = form.day("date");
  if (!form.finish()) {
    return refuse(form.fault());
  }
  return change_reservation(call, *plate.value, [&](Changes& changes) {
    return call.engine.issue(*plate.value, date, call.actor(), changes);
  });
}

OperatorAnswer void_reservation(const AdminCall& call) {
  const auto plate = plate_part(call.parts[0]);
  if (!plate.value) {
    return plate.refusal;
  }
  AdminForm form(call.request.body);
  const auto reason = form.text("reason", Need::required);
  const bool blacklist = form.flag("blacklist");
  if (!form.finish()) {
    return refuse(form.fault());
  }
  return change_reservation(call, *plate.value, [&](Changes& changes) {
    return call.engine.void_reservation(*plate.value, *reason, blacklist, call.actor(), changes);
  });
}

OperatorAnswer extend(const AdminCall& call) {
  const auto plate = plate_part(call.parts[0]);
  if (!plate.value) {
    return plate.refusal;
  }
  AdminForm form(call.request.body);
  const std::optional<Day> deadline = form.day("deadline", Need::required);
  const auto reason = form.text("reason", Need::required);
  if (!form.finish()) {
    return refuse(form.fault());
  }
  return change_reservation(call, *plate.value, [&](Changes& changes) {
    return call.engine.extend(*plate.value, *deadline, *reason, call.actor(), changes);
  });
}

// What a clerk is to do with a voucher that is genuine, in plain words.
std::string words_about(const VoucherReport& report, Day today) {
  const std::string plate(text_of(report.plate).view());
  const std::string deadline(text_of(report.deadline).view());
  if (report.step == Step::issued) {
    return "genuine, but used: " + plate + " has been issued already";
  }
  if (today <= report.deadline) {
    return "genuine: issue " + plate + ", until " + deadline;
  }
  return "genuine, but late: its last day was " + deadline + "; enter only what was issued by then";
}

OperatorAnswer show_voucher(const AdminCall& call) {
  const std::optional<VoucherCode> code = parse_voucher(call.parts[0]);
  if (!code) {
    return refuse({"code", "must be 32 hexadecimal digits"});
  }
  const std::optional<VoucherReport> report = call.engine.voucher(*code);
  if (!report) {
    return not_found(
        "not valid, issue nothing: the voucher is not genuine, or its reservation lapsed or was "
        "voided",
        call.engine);
  }
  const Day today = call.engine.office(report->plate.pool.office)->today();
  return say(json::object{{"says", words_about(*report, today)},
                          {"genuine", true},
                          {"valid", report->step == Step::done},
                          {"plate", text_json(report->plate)},
                          {"vehicle", report->vehicle},
                          {"owner", report->owner},
                          {"step", name_of(report->step)},
                          {"deadline", text_json(report->deadline)},
                          {"auto", report->automatic},
                          {"confirmed_at", instant_json(report->confirmed_at)},
                          {"sequence", sequence_json(report->sequence)}},
             report->rests_on);
}

constexpr std::array<AdminRoute, 4> kReservationRoutes = {{
    {"POST", "/v1/reservations/{plate}/issue", issue},
    {"POST", "/v1/reservations/{plate}/void", void_reservation},
    {"POST", "/v1/reservations/{plate}/extend", extend},
    {"GET", "/v1/vouchers/{code}", show_voucher, {}, Shows::people},
}};

}  // namespace

std::span<const AdminRoute> reservation_routes() { return kReservationRoutes; }

}  // namespace plated
