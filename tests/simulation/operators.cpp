#include "tests/simulation/operators.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace plated {
namespace {

using std::chrono::days;

constexpr uint32_t kFirstPlate = 10'000;

std::string text_of_day(Day day) {
  const std::chrono::year_month_day date(day);
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

int64_t millis_of(CivilTime at) { return at.time_since_epoch().count(); }

}  // namespace

Told Operators::ask(const std::string& method, const std::string& target, const std::string& body) {
  ++requests_;
  return ask_(method, target, body);
}

void Operators::add_office(const std::string& office, const Settings& settings) {
  offices_.push_back(office);
  oracle_.add_office(office, settings);
}

void Operators::add_owner(const std::string& owner, const std::vector<std::string>& vehicles) {
  owners_.push_back(owner);
  vehicles_.insert(vehicles_.end(), vehicles.begin(), vehicles.end());
}

void Operators::act(CivilTime now) {
  const uint64_t kind = dice_.roll(100);
  if (kind < (closed_ || oracle_.any_stands() ? 60 : 25)) {
    change_office();
  } else if (kind < 38) {
    change_settings();
  } else if (kind < 41) {
    change_holidays(now);
  } else if (kind < 60) {
    change_plates(now);
  } else if (kind < 80) {
    change_reservation(now);
  } else if (kind < 93) {
    change_owner(now);
  } else if (kind < 95) {
    publish_terms();
  } else {
    (void)ask("POST", "/v1/clock/accept");
  }
}

// Whoever finds an office standing or closed mostly sets it going, or little would ever happen.
void Operators::change_office() {
  const bool all = dice_.chance(15);
  const std::string office = all ? "*" : dice_.one_of(offices_);
  const std::set<std::string> meant =
      all ? std::set<std::string>(offices_.begin(), offices_.end()) : std::set{office};
  const auto say = [&](const char* what) {
    return ask("POST", "/v1/offices/" + office + "/" + what, R"({"reason":"so"})");
  };
  const auto say_overlay = [&](const char* what, Overlay overlay) {
    oracle_.overlay(meant, overlay, say(what));
  };
  const bool stands =
      std::any_of(meant.begin(), meant.end(), [&](const auto& o) { return oracle_.stands(o); });
  if (stands && dice_.chance(80)) {
    say_overlay("resume", Overlay::none);
  } else if (closed_ && dice_.chance(80)) {
    closed_ = say("open") != Told::done;
  } else if (dice_.chance(40)) {
    say_overlay("pause", Overlay::paused);
  } else if (dice_.chance(40)) {
    say_overlay("maintenance", Overlay::maintenance);
  } else {
    closed_ = say("close") != Told::refused;
  }
}

void Operators::change_settings() {
  const std::string office = dice_.one_of(offices_);
  Settings settings = oracle_.settings_of(office);
  std::string change;
  if (dice_.chance(15)) {
    (void)ask("PUT", "/v1/offices/" + office, fmt::format(R"({{"name":"{}"}})", dice_.roll(100)));
    oracle_.office_changed(office);
    return;
  }
  switch (dice_.roll(6)) {
    case 0:
      settings.draws = static_cast<uint32_t>(1 + dice_.roll(6));
      change = fmt::format(R"("draws":{})", settings.draws);
      break;
    case 1:
      settings.batch_size = static_cast<uint32_t>(1 + dice_.roll(12));
      change = fmt::format(R"("batch_size":{})", settings.batch_size);
      break;
    case 2:
      settings.batch_hold = Millis(static_cast<int64_t>(1 + dice_.roll(120)) * 500);
      settings.shortlist_hold = 2 * settings.batch_hold;
      change = fmt::format(R"("batch_hold_ms":{},"shortlist_hold_ms":{})",
                           settings.batch_hold.count(), settings.shortlist_hold.count());
      break;
    case 3:
      settings.validity_days = static_cast<uint32_t>(1 + dice_.roll(5));
      change = fmt::format(R"("validity_days":{})", settings.validity_days);
      break;
    case 4:
      settings.blacklist_years = static_cast<uint32_t>(dice_.roll(3));
      change = fmt::format(R"("blacklist_years":{})", settings.blacklist_years);
      break;
    default:
      settings.lapse_grace = Millis(static_cast<int64_t>(dice_.roll(25)) * 3'600'000);
      settings.return_window = Millis(static_cast<int64_t>(dice_.roll(25)) * 3'600'000);
      change = fmt::format(R"("lapse_grace_ms":{},"return_window_ms":{})",
                           settings.lapse_grace.count(), settings.return_window.count());
  }
  const Told told = ask("PUT", "/v1/offices/" + office, R"({"settings":{)" + change + "}}");
  oracle_.settings(office, settings, told);
}

void Operators::change_holidays(CivilTime now) {
  const std::string office = dice_.one_of(offices_);
  const Day today = std::chrono::floor<days>(now);
  std::set<Day> holidays;
  for (uint64_t i = dice_.roll(4); i > 0; --i) {
    holidays.insert(today + days(static_cast<int>(dice_.roll(10))));
  }
  std::string list;
  for (const Day day : holidays) {
    list += (list.empty() ? "\"" : ",\"") + text_of_day(day) + "\"";
  }
  const Told told = ask("PUT", "/v1/offices/" + office, R"({"holidays":[)" + list + "]}");
  oracle_.holidays(office, holidays, told);
}

Told Operators::load(PoolKey pool, uint32_t count, CivilTime now) {
  auto next = std::find_if(loaded_.begin(), loaded_.end(),
                           [&](const auto& entry) { return entry.first == pool; });
  if (next == loaded_.end()) {
    loaded_.emplace_back(pool, kFirstPlate);
    next = loaded_.end() - 1;
  }
  const auto text = [&](uint32_t number) {
    return std::string(text_of(Plate{pool, PlateNumber{number}}).view());
  };
  std::string body =
      fmt::format(R"({{"office":"{}","class":"{}","power":"{}")", text_of(pool.office).view(),
                  name_of(pool.plate_class), name_of(pool.power));
  if (dice_.chance(50)) {
    body += fmt::format(R"(,"from":"{}","to":"{}")", text(next->second),
                        text(next->second + count - 1));
  } else {
    std::string list;
    for (uint32_t i = 0; i < count; ++i) {
      list += fmt::format(R"({}"{}")", i == 0 ? "" : ",", text(next->second + i));
    }
    body += ",\"plates\":[" + list + "]";
  }
  if (dice_.chance(20)) {
    body += fmt::format(R"(,"release_at":{})", millis_of(now) + 3'600'000);
  }
  const Told told = ask("POST", "/v1/segments", body + R"(,"all_zero":true,"note":"so"})");
  oracle_.loaded(name_of_pool(pool), count, told);
  if (told != Told::refused) {
    for (uint32_t i = 0; i < count; ++i) {
      plates_.push_back(text(next->second + i));
    }
    // Where nobody knows whether they were loaded, they are not loaded again.
    next->second += count;
  }
  return told;
}

void Operators::change_plates(CivilTime now) {
  if (dice_.chance(15) && plates_.size() < 200) {
    (void)load(dice_.one_of(loaded_).first, static_cast<uint32_t>(1 + dice_.roll(8)), now);
    return;
  }
  const auto& withheld = oracle_.plates_withheld();
  const bool restores = !withheld.empty() && dice_.chance(60);
  const std::string plate = restores ? dice_.one_of(withheld) : dice_.one_of(plates_);
  const Told told = ask("POST", restores ? "/v1/plates/restore" : "/v1/plates/withhold",
                        fmt::format(R"({{"plates":["{}"],"reason":"so"}})", plate));
  if (restores) {
    oracle_.restored(plate, told);
  } else {
    oracle_.withheld(plate, told);
  }
}

void Operators::change_reservation(CivilTime now) {
  const Face* const face = oracle_.face_of_vehicle(dice_.one_of(vehicles_));
  const bool known = face != nullptr && !face->reserved.empty();
  const std::string plate = known ? face->reserved : dice_.one_of(plates_);
  const std::string path = "/v1/reservations/" + plate;
  switch (dice_.roll(4)) {
    case 0:
      if (dice_.chance(50)) {
        oracle_.issued(plate, ask("POST", path + "/issue"));
      }
      return;
    case 1: {
      const std::string deadline =
          text_of_day(std::chrono::floor<days>(now) + days(static_cast<int>(1 + dice_.roll(9))));
      const Told told = ask("POST", path + "/extend",
                            fmt::format(R"({{"deadline":"{}","reason":"so"}})", deadline));
      oracle_.extended(plate, deadline, told);
      return;
    }
    default: {
      const bool blacklists = dice_.chance(20);
      const Told told = ask("POST", path + "/void",
                            fmt::format(R"({{"reason":"so","blacklist":{}}})", blacklists));
      oracle_.voided(plate, blacklists, told);
    }
  }
}

void Operators::change_owner(CivilTime now) {
  const std::string owner = dice_.one_of(owners_);
  switch (dice_.roll(5)) {
    case 0:
    case 1: {
      const CivilTime until = now + days(static_cast<int>(2 + dice_.roll(40)));
      const Told told =
          ask("POST", "/v1/blacklist",
              fmt::format(R"({{"owner":"{}","reason":"so","until":{}}})", owner, millis_of(until)));
      oracle_.blacklisted(owner, until, told);
      return;
    }
    case 2:
    case 3:
      oracle_.lifted(owner, ask("DELETE", "/v1/blacklist/" + owner));
      return;
    default: {
      const auto times = static_cast<uint32_t>(1 + dice_.roll(10));
      const Told told = ask("PUT", "/v1/owners/" + owner + "/countdowns",
                            fmt::format(R"({{"times":{},"reason":"so"}})", times));
      oracle_.lengthened(owner, times, told);
    }
  }
}

// Long ones, so that the log rolls into a next file now and then.
void Operators::publish_terms() {
  const std::string text(30'000, 'x');
  (void)ask("PUT", fmt::format("/v1/terms/t{}", ++terms_),
            fmt::format(R"({{"zh":"{}","en":"{}"}})", text, text));
}

}  // namespace plated
