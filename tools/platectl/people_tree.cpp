// The subcommands about owners, vehicles and what they have. Part of command_tree.h.
#include <boost/json/serialize.hpp>

#include "tools/platectl/arguments.h"
#include "tools/platectl/command_tree.h"

namespace plated {

namespace json = boost::json;

void CommandTree::add_import(CLI::App& group, const std::string& target) {
  CLI::App& import = *group.add_subcommand("import", "import lines, one JSON object each");
  import.add_option("file", args_.file, "a file, or - for standard input")->required();
  import.add_flag("--dry-run", args_.dry_run, "only say what would happen");
  import.callback([this, target] {
    send("POST", target + (args_.dry_run ? "?dry_run=1" : ""));
  line_.file = args_.file;
  line_.task = Task::import_lines;
  line_.long_work = true;
});
}  // namespace plated

void CommandTree::add_owners() {
  CLI::App& owners = group("owners", "people and organisations who own vehicles");
  add_import(owners, "/v1/owners");
  CLI::App& show = *owners.add_subcommand("show", "everything known about an owner");
  show.add_option("owner", args_.owner)->required();
  show.callback([this] { get("/v1/owners/" + path_part(args_.owner)); });
  CLI::App& countdowns = *owners.add_subcommand("countdowns", "give an owner longer countdowns");
  countdowns.add_option("owner", args_.owner)->required();
  add_number(countdowns, "--times", args_.times, 1, "as many times as long")->required();
  add_reason(countdowns, true);
  countdowns.callback([this] {
    json::object body = with_reason();
    body["times"] = args_.times;
    send("PUT", "/v1/owners/" + path_part(args_.owner) + "/countdowns", body);
  });
  CLI::App& erase = *owners.add_subcommand("erase", "destroy an owner's personal data, for ever");
  erase.add_option("owner", args_.owner)->required();
  erase.add_flag("--yes", args_.yes, "yes, this cannot be undone")->required();
  add_reason(erase, false);
  erase.callback([this] {
    const std::string target = "/v1/owners/" + path_part(args_.owner);
    args_.reason.empty() ? send("DELETE", target) : send("DELETE", target, with_reason());
  });
}

void CommandTree::add_vehicles() {
  CLI::App& vehicles = group("vehicles", "vehicles that may choose a plate");
  add_import(vehicles, "/v1/vehicles");
  CLI::App& show = *vehicles.add_subcommand("show", "everything known about a vehicle");
  show.add_option("vehicle", args_.vehicle)->required();
  show.callback([this] { get("/v1/vehicles/" + path_part(args_.vehicle)); });
}

void CommandTree::add_reservations() {
  CLI::App& reservations = group("reservations", "the counter's work on a reserved plate");
  const auto add = [&](const std::string& verb, const std::string& description) -> CLI::App& {
    CLI::App& command = *reservations.add_subcommand(verb, description);
    command.add_option("plate", args_.plates)->required()->expected(1);
    return command;
  };
  const auto post = [this](const std::string& verb, const json::object& body) {
    send("POST", "/v1/reservations/" + path_part(args_.plates.front()) + "/" + verb, body);
  };
  CLI::App& issue = add("issue", "the counter handed the plate over");
  issue.add_option("--date", args_.date, "the day on which it did, YYYY-MM-DD; else today");
  issue.callback([this, post] {
    post("issue", args_.date.empty() ? json::object{} : json::object{{"date", args_.date}});
  });
  CLI::App& undo = add("void", "take the reservation back");
  add_reason(undo, true);
  undo.add_flag("--blacklist", args_.blacklist, "and blacklist the owner");
  undo.callback([this, post] {
    json::object body = with_reason();
    body["blacklist"] = args_.blacklist;
    post("void", body);
  });
  CLI::App& extend = add("extend", "move the deadline");
  extend.add_option("--deadline", args_.deadline, "the last day, YYYY-MM-DD")->required();
  add_reason(extend, true);
  extend.callback([this, post] {
    json::object body = with_reason();
    body["deadline"] = args_.deadline;
    post("extend", body);
  });
}

void CommandTree::add_blacklist() {
  CLI::App& blacklist = group("blacklist", "owners who may not select online");
  blacklist.add_subcommand("list", "all entries")->callback([this] { get("/v1/blacklist"); });
  CLI::App& add = *blacklist.add_subcommand("add", "add an owner");
  add.add_option("owner", args_.owner)->required();
  add_reason(add, true);
  add.add_option("--until", args_.until,
                 "the last day, YYYY-MM-DD, or an instant: RFC 3339 with offset, or Unix ms; else "
                 "two years from now");
  add.callback([this] {
    json::object body = with_reason();
    body["owner"] = args_.owner;
    if (!args_.until.empty()) {
      if (is_day(args_.until)) {
        body["until"] = args_.until;
      } else {
        body["until"] = instant_argument("--until", args_.until);
      }
    }
    send("POST", "/v1/blacklist", body);
  });
  CLI::App& lift = *blacklist.add_subcommand("lift", "take an owner off the list");
  lift.add_option("owner", args_.owner)->required();
  add_reason(lift, true);
  lift.callback(
      [this] { send("DELETE", "/v1/blacklist/" + path_part(args_.owner), with_reason()); });
}

void CommandTree::add_notices() {
  CLI::App& notices = group("notices", "the SMS outbox");
  notices.add_subcommand("list", "what waits to be sent")->callback([this] { get("/v1/notices"); });
  CLI::App& retry = *notices.add_subcommand("retry", "send one again now");
  retry.add_option("id", args_.id)->required();
  retry.callback([this] {
    const int64_t id = number_argument("id", args_.id, 1);
    send("POST", "/v1/notices/" + std::to_string(id) + "/retry");
  });
}

void CommandTree::add_rehearsal() {
  CLI::App& owners = *group("rehearsal", "only in a rehearsal (演练)")
                          .add_subcommand("owners", "make owners r-FROM and on at once");
  add_number(owners, "--from", args_.first, 0, "number of the first")->default_str("0");
  add_number(owners, "--count", args_.count, 1, "how many")->required();
  owners.callback([this] {
    send("POST", "/v1/rehearsal/owners", {{"from", args_.first}, {"count", args_.count}});
    line_.long_work = true;
  });
}

void CommandTree::add_tickets() {
  CLI::App& revoke = *group("tickets", "what the platform has signed for owners")
                          .add_subcommand("revoke", "bar tickets, and end what they opened");
  CLI::Option* owner =
      revoke.add_option("--owner", args_.owner, "all of this owner's that were issued until now");
  CLI::Option* jti = revoke.add_option("--jti", args_.id, "the one of this jti");
  owner->excludes(jti);
  revoke.add_option("--until", args_.until,
                    "when they run out by themselves: RFC 3339 with offset, or Unix ms; else as "
                    "late as ticket.max_age allows");
  add_reason(revoke, true);
  revoke.callback([this, owner] {
    if (args_.owner.empty() == args_.id.empty()) {
      throw CLI::RequiredError("--owner or --jti");
    }
    json::object body = with_reason();
    body[*owner ? "owner" : "jti"] = *owner ? args_.owner : args_.id;
    if (!args_.until.empty()) {
      body["until"] = instant_argument("--until", args_.until);
    }
    send("POST", "/v1/tickets/revoke", body);
  });
}

void CommandTree::add_ticket() {
  CLI::App& ticket = *app_.add_subcommand("ticket", "print a rehearsal's signed ticket");
  ticket.add_option("owner", args_.owner, "as r-7")->required();
  ticket.add_option("--data", line_.data, "data directory, with ticket.key")
      ->envname("PLATED_DATA")
      ->capture_default_str();
  CLI::Option* hours =
      add_number(ticket, "--hours", args_.times, 1, "how long it is good; else 12");
  ticket.callback([this, hours] {
    constexpr int64_t kHoursMax = 24 * 366;
    if (args_.times > kHoursMax) {
      throw CLI::ValidationError("--hours", "at most " + std::to_string(kHoursMax));
    }
    line_.task = Task::ticket;
    line_.owner = args_.owner;
    if (*hours) {
      line_.ticket_ms = args_.times * 3'600'000;
    }
  });
}

}  // namespace plated
