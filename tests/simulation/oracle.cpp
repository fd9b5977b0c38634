#include "tests/simulation/oracle.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/plate.h"

namespace plated {

std::string name_of_pool(PoolKey key) {
  return fmt::format("{} {} {}", text_of(key.office).view(), name_of(key.plate_class),
                     name_of(key.power));
}

// --- The world ---

void Oracle::add_office(const std::string& office, const Settings& settings) {
  offices_[office].settings = settings;
}

void Oracle::add_vehicle(const std::string& owner, const std::string& vehicle,
                         const std::string& office) {
  owners_[owner].vehicles.insert(vehicle);
  books_.try_emplace(vehicle, owner, vehicle, office);
}

void Oracle::ran(Millis span) {
  for (auto& [name, office] : offices_) {
    office.ran(span);
  }
}

void Oracle::days_passed(CivilTime now) {
  ++order_;
  for (auto& [name, owner] : owners_) {
    if (owner.listed_until && *owner.listed_until <= now + std::chrono::days(1)) {
      owner.listed_until.reset();  // it ends by itself about now
    }
  }
  for (auto& [vehicle, book] : books_) {
    book.days_passed(order_);
  }
}

void Oracle::wall_stepped() {
  for (auto& [name, office] : offices_) {
    office.grace_least = Millis(0);
  }
}

std::vector<Oracle::Person> Oracle::people() const {
  std::vector<Person> people;
  for (const auto& [vehicle, book] : books_) {
    people.push_back({book.owner(), vehicle, book.office()});
  }
  return people;
}

std::optional<Oracle::Countdown> Oracle::some_countdown(Dice& dice) const {
  std::vector<Countdown> running;
  std::vector<int64_t> left;
  for (const auto& [vehicle, book] : books_) {
    left.clear();
    book.add_countdowns(clock_of(book.office()), left);
    for (const int64_t one : left) {
      running.push_back({vehicle, one});
    }
  }
  return running.empty() ? std::nullopt : std::optional(dice.one_of(running));
}

void Oracle::complain(const std::string& vehicle, const std::string& wrong) {
  if (!wrong.empty()) {
    complain_(vehicle + ": " + wrong);
  }
}

// --- Owners ---

void Oracle::asked(AskedRequest& request) {
  request.order = ++order_;
  const auto book = books_.find(request.vehicle);
  if (book == books_.end()) {
    return;
  }
  const OwnerBook& owner = owners_.at(book->second.owner());
  request.office = offices_.at(book->second.office());
  request.office_clock = request.office.clock;
  request.touched_before = book->second.last_touch();
  request.times = owner.times;
  request.listed = owner.listed_until.has_value();
  if (request.owner == book->second.owner()) {
    book->second.asked(request);
  }
}

void Oracle::follow(ApplicationBook& book, const Face& face, const Origin& origin) {
  complain(face.vehicle, book.follow(face, origin, slack_, offices_.at(book.office())));
}

void Oracle::judge(const AskedRequest& request, const Face* face, const std::string& code) {
  complain(request.vehicle, books_.at(request.vehicle).judge(request, face, code, slack_));
}

void Oracle::answered(const AskedRequest& request, const Face& face) {
  if (face.vehicle != request.vehicle) {
    complain(request.vehicle, "the answer is about " + face.vehicle);
    return;
  }
  ApplicationBook& book = books_.at(face.vehicle);
  if (book.owner() != request.owner) {
    complain(face.vehicle, "somebody else was told of it");
  }
  judge(request, &face, "");
  check_drawn(request, face);
  follow(book, face, {request.order, request.office_clock});
}

void Oracle::refused(const AskedRequest& request, const std::string& code) {
  if (books_.contains(request.vehicle)) {
    judge(request, nullptr, code);
  }
}

void Oracle::pushed(const Face& face) {
  // It is not older than the last thing that happened before it; which that was is not said.
  follow(books_.at(face.vehicle), face, {0, std::nullopt});
}

// What a draw brought is nobody else's.
void Oracle::check_drawn(const AskedRequest& request, const Face& face) {
  const Face* const before = face_of_vehicle(face.vehicle);
  for (const std::string& plate : face.plates()) {
    if (before != nullptr && before->plates().contains(plate)) {
      continue;
    }
    if (const auto since = withheld_since_.find(plate);
        since != withheld_since_.end() && since->second < request.order) {
      complain(face.vehicle, plate + " is withheld");
    }
    if (const auto issued = issued_plates_.find(plate);
        issued != issued_plates_.end() && issued->second != face.vehicle) {
      complain(face.vehicle, plate + " was issued to " + issued->second);
    }
    for (const auto& [vehicle, book] : books_) {
      if (vehicle != face.vehicle && book.last_touch() < request.order &&
          book.surely_holds(plate, offices_.at(book.office()).clock)) {
        complain(face.vehicle, plate + " is held by " + vehicle);
      }
    }
  }
}

// --- Operators ---

void Oracle::overlay(const std::set<std::string>& offices, Overlay said, Told told) {
  ++order_;
  for (const std::string& office : offices) {
    offices_.at(office).say_overlay(said, told);
  }
}

void Oracle::settings(const std::string& office, const Settings& said, Told told) {
  office_changed(office);
  offices_.at(office).say_settings(said, told);
}

void Oracle::holidays(const std::string& office, const std::set<Day>& said, Told told) {
  office_changed(office);
  offices_.at(office).say_holidays(said, told);
}

void Oracle::office_changed(const std::string& office) {
  ++order_;
  for (auto& [vehicle, book] : books_) {
    if (book.office() == office) {
      book.may_change_from_afar(order_);
    }
  }
}

void Oracle::loaded(const std::string& pool, uint64_t plates, Told told) {
  PoolBook& book = pools_[pool];
  book.loaded += told == Told::done ? plates : 0;
  book.loaded_maybe += told == Told::nothing ? plates : 0;
}

void Oracle::withheld(const std::string& plate, Told told) {
  ++order_;
  if (told == Told::done) {
    withheld_.insert(plate);
    withheld_since_[plate] = order_;
  }
}

void Oracle::restored(const std::string& plate, Told told) {
  ++order_;
  if (told != Told::refused) {
    withheld_.erase(plate);
    withheld_since_.erase(plate);
  }
}

template <class Do>
void Oracle::on_reserved(const std::string& plate, Do&& act) {
  const auto sure = std::find_if(books_.begin(), books_.end(), [&](const auto& entry) {
    return entry.second.surely_reserved(plate);
  });
  if (sure != books_.end()) {
    act(sure->second);
    return;
  }
  for (auto& [vehicle, book] : books_) {
    if (!book.surely_reserved_another(plate)) {
      act(book);
    }
  }
}

void Oracle::owner_may_forfeit(const std::string& owner) {
  for (const std::string& vehicle : owners_.at(owner).vehicles) {
    books_.at(vehicle).may_forfeit(order_);
  }
}

void Oracle::issued(const std::string& plate, Told told) {
  ++order_;
  if (told == Told::refused) {
    return;
  }
  on_reserved(plate, [&](ApplicationBook& book) {
    book.may_be_issued(order_);
    if (told == Told::done && book.surely_reserved(plate)) {
      book.issue_said(order_);
      issued_plates_[plate] = book.vehicle();
    }
  });
}

void Oracle::voided(const std::string& plate, bool blacklists, Told told) {
  ++order_;
  if (told == Told::refused) {
    return;
  }
  on_reserved(plate, [&](ApplicationBook& book) {
    book.may_be_voided(order_);
    if (blacklists) {
      owner_may_forfeit(book.owner());
    }
  });
}

void Oracle::extended(const std::string& plate, const std::string& deadline, Told told) {
  ++order_;
  if (told != Told::refused) {
    on_reserved(plate, [&](ApplicationBook& book) { book.may_be_extended(order_, deadline); });
  }
}

void Oracle::blacklisted(const std::string& owner, CivilTime until, Told told) {
  ++order_;
  if (told == Told::refused) {
    return;
  }
  OwnerBook& book = owners_.at(owner);
  book.listed_until = told == Told::done ? std::optional(until) : std::nullopt;
  book.listed_since = order_;
  owner_may_forfeit(owner);
}

void Oracle::lifted(const std::string& owner, Told told) {
  ++order_;
  if (told != Told::refused) {
    owners_.at(owner).listed_until.reset();
    for (const std::string& vehicle : owners_.at(owner).vehicles) {
      books_.at(vehicle).may_change_from_afar(order_);
    }
  }
}

void Oracle::lengthened(const std::string& owner, uint32_t times, Told told) {
  ++order_;
  OwnerBook& book = owners_.at(owner);
  if (told == Told::done) {
    book.times = times;
  } else if (told == Told::nothing) {
    book.times_maybe = times;
  }
}

// --- At rest ---

void Oracle::look(Engine& engine) {
  ++order_;
  look_at_offices(engine);
  look_at_owners(engine);
  std::map<std::string, Face> faces;
  for (auto& [vehicle, book] : books_) {
    const auto report = engine.vehicle(vehicle);
    if (!report || report->owner != book.owner()) {
      complain(vehicle, "it is not its owner's any more");
      continue;
    }
    const Face& face = faces[vehicle] = plated::face_of(report->application);
    follow(book, face, {order_, offices_.at(book.office()).clock});
  }
  look_for_two_holders(faces);
  look_at_pools(engine, faces);
}

void Oracle::look_at_offices(Engine& engine) {
  for (auto& [name, book] : offices_) {
    const auto office = engine.office(*parse_office(name).office);
    complain(name, office ? book.look(*office) : "the office is gone");
  }
}

void Oracle::look_at_owners(Engine& engine) {
  const CivilTime now = engine.last_now().civil;
  for (auto& [name, book] : owners_) {
    const auto owner = engine.owner(name);
    if (!owner) {
      complain(name, "the owner is gone");
      continue;
    }
    if (owner->countdown_times != book.times && owner->countdown_times != book.times_maybe) {
      complain(name, fmt::format("countdowns {} times as long", owner->countdown_times));
    }
    book.times = owner->countdown_times;
    book.times_maybe.reset();
    if (book.listed_until && !owner->blacklisted_until && *book.listed_until > now) {
      complain(name, "not on the blacklist any more");
    }
  }
}

void Oracle::look_for_two_holders(const std::map<std::string, Face>& faces) {
  std::map<std::string, std::string> holders;
  for (const auto& [vehicle, face] : faces) {
    for (const std::string& plate : face.plates()) {
      const auto [holder, first] = holders.try_emplace(plate, vehicle);
      if (!first) {
        complain(plate, "held by " + holder->second + " and by " + vehicle);
      }
      const auto issued = issued_plates_.find(plate);
      if (issued != issued_plates_.end() && issued->second != vehicle) {
        complain(plate, "issued to " + issued->second + ", and with " + vehicle);
      }
      if (withheld_.contains(plate)) {
        complain(plate, "withheld, and with " + vehicle);
      }
    }
  }
}

void Oracle::look_at_pools(Engine& engine, const std::map<std::string, Face>& faces) {
  for (const PoolKey key : engine.pools()) {
    const PoolCounts counts = engine.pool(key)->counts;
    const std::string name = name_of_pool(key);
    PoolBook& book = pools_[name];
    if (counts.loaded < book.loaded || counts.loaded > book.loaded + book.loaded_maybe) {
      complain(name, fmt::format("{} plates loaded instead of {}", counts.loaded, book.loaded));
    }
    book = {counts.loaded, 0};
    if (counts.free + counts.held + counts.reserved + counts.issued + counts.withheld !=
        counts.loaded) {
      complain(name, "its states do not add up to what was loaded");
    }
    uint64_t held = 0;
    uint64_t reserved = 0;
    uint64_t issued = 0;
    bool pending = false;
    for (const auto& [vehicle, face] : faces) {
      if (name_of_pool(engine.vehicle(vehicle)->application.pool) != name) {
        continue;
      }
      held += face.step == "pick" ? face.plates().size() : 0;
      reserved += face.step == "done" ? 1 : 0;
      issued += face.step == "issued" ? 1 : 0;
      pending = pending || face.office_state == "paused" || face.office_state == "maintenance";
    }
    if (!pending &&
        (counts.held != held || counts.reserved != reserved || counts.issued != issued)) {
      complain(name,
               fmt::format("{} held, {} reserved, {} issued, but owners have {}, {}, {}",
                           counts.held, counts.reserved, counts.issued, held, reserved, issued));
    }
  }
}

}  // namespace plated
