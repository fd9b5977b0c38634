// The tree of platectl's subcommands. Internal to command_line.h: whoever parses a command
// line calls that. An argument that cannot be read throws CLI::ValidationError, which ends the
// start.
#pragma once

#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tools/platectl/command_line.h"

namespace plated {

// Requires an app and a line that live until the app has parsed. Only one leaf of the tree runs, so
// all leaves share one set of arguments.
class CommandTree {
 public:
  CommandTree(CLI::App& app, CommandLine& line) : app_(app), line_(line) {}

  void add_all();
  // The options whose value may be an empty text.
  [[nodiscard]] static std::vector<std::string> may_be_empty();

 private:
  struct Arguments {
    std::string office, plate_class, power, from, to, note, release_at, reason, name, time_zone;
    std::string file, zh, en, until, deadline, date, owner, vehicle, version, id, csv;
    std::vector<std::string> plates, schedule, holidays, workdays;
    std::vector<std::string> pool, code;
    std::map<std::string, std::string> contact;  // by their name in the protocol
    boost::json::object settings;                // likewise
    int64_t times = 0, first = 0, count = 0, since = 0;
    bool all_zero = false, dry_run = false, blacklist = false, yes = false, force = false;
  };

  // command_tree.cpp: the service, its pools and offices.
  void add_service();
  void add_pools();
  void add_segments();
  void add_plates();
  void add_offices();
  void add_waiting();
  void add_office_set(CLI::App& office);
  void add_settings(CLI::App& set);
  void add_terms();
  // people_tree.cpp: owners, vehicles and what they have.
  void add_owners();
  void add_vehicles();
  void add_reservations();
  void add_blacklist();
  void add_notices();
  void add_rehearsal();
  void add_ticket();
  void add_tickets();

  CLI::App& group(const std::string& name, const std::string& description);
  void add_import(CLI::App& group, const std::string& target);
  // An option that takes a whole number from `least` on.
  CLI::Option* add_number(CLI::App& command, const std::string& name, int64_t& value, int64_t least,
                          const std::string& what);
  void add_reason(CLI::App& command, bool required);
  [[nodiscard]] boost::json::object with_reason() const;
  [[nodiscard]] boost::json::object plates_body() const;
  [[nodiscard]] boost::json::object office_body(const CLI::App& command) const;

  void get(const std::string& target);
  void send(const std::string& method, const std::string& target);
  void send(const std::string& method, const std::string& target, const boost::json::object& body);

  CLI::App& app_;
  CommandLine& line_;
  Arguments args_;
};

// The whole of a file, or of standard input for "-".
[[nodiscard]] std::string read_argument_file(const std::string& option, const std::string& path);
[[nodiscard]] int64_t number_argument(const std::string& option, const std::string& text,
                                      int64_t least);
[[nodiscard]] int64_t instant_argument(const std::string& option, const std::string& text);

}  // namespace plated
