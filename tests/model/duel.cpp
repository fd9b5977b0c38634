#include "tests/model/duel.h"

#include <algorithm>
#include <variant>

namespace plated {

using std::chrono::days;

// --- What both were told, and whether they agree ---

void Duel::differ(const std::string& what) const {
  ADD_FAILURE() << "seed " << seed_ << ", step " << step_ << ", " << doing_ << ": " << what;
}

void Duel::compare_answer(const Rider& rider, const NaiveEngine::Answer& answer) {
  adopt_records(rider.vehicle);
  ++tally_.at(static_cast<std::size_t>(out.refusal));
  if (out.refusal != answer.refusal) {
    differ("refusal " + std::to_string(static_cast<int>(out.refusal)) + ", twin " +
           std::to_string(static_cast<int>(answer.refusal)));
  }
  if (out.changed != answer.changed) {
    differ("changed " + std::to_string(out.changed));
  }
  if (out.settled_first != (answer.settled_first || reminded_)) {
    differ("settled_first " + std::to_string(out.settled_first));
  }
  if (out.refusal == Refusal::none) {
    compare_view(rider, out.application);
  } else if (out.settled_first) {
    compare_view(rider, out.settled);
  }
  if (out.refusal == Refusal::blacklisted && out.until != twin_.blacklisted_until(rider.owner)) {
    differ("until when blacklisted");
  }
  if (out.rests_on != sink.last()) {
    differ("the answer does not rest on the last record");
  }
  const Millis hold = engine->office(rider.pool.office)->settings.batch_hold;
  if (out.refusal == Refusal::all_held &&
      !(out.retry_in && *out.retry_in >= kSecond && *out.retry_in <= std::max(hold, kSecond))) {
    differ("the hint when to retry");
  }
  compare_all();
}

void Duel::compare_verdict(const Verdict& verdict, const NaiveEngine::OperatorAnswer& answer) {
  if (verdict.kind != answer.kind || verdict.changed != answer.changed) {
    differ("verdict " + std::to_string(static_cast<int>(verdict.kind)) + " " +
           std::to_string(verdict.changed) + " (" + verdict.message + "), twin " +
           std::to_string(static_cast<int>(answer.kind)) + " " + std::to_string(answer.changed));
  }
  compare_all();
}

template <class E>
void Duel::adopt(const E& event, const std::string& own) {
  if constexpr (std::is_same_v<E, DayBegan>) {
    twin_.day_began(event.office, event.day);
    for (const PoolKey& key : pools_) {
      if (key.office == event.office) {
        new_days_.insert(key);
      }
    }
  } else if constexpr (std::is_same_v<E, SegmentReleased>) {
    twin_.segment_released(event.pool, event.segment);
  } else if constexpr (std::is_same_v<E, PlateReturned>) {
    twin_.plate_returned({event.pool, event.plate});
  } else if constexpr (std::is_same_v<E, Reminded>) {
    const std::string vehicle(event.application.vehicle);
    twin_.reminded(vehicle, event.application.number, event.deadline);
    reminded_ = vehicle == own;
  } else if constexpr (requires { event.application.vehicle; }) {
    const std::string vehicle(event.application.vehicle);
    if (vehicle != own && (twin_.due(vehicle) || !settled_.contains(vehicle))) {
      twin_.settled(vehicle);
      settled_.insert(vehicle);
    }
    if constexpr (requires { event.returns_at; }) {
      twin_.return_chosen({event.pool, event.plate}, event.returns_at);
    }
  }
}

void Duel::adopt_records(const std::string& own) {
  reminded_ = false;
  settled_.clear();
  for (; adopted_ < sink.records.size(); ++adopted_) {
    std::visit([&](const auto& event) { adopt(event, own); }, sink.records[adopted_].event);
  }
}

void Duel::compare_view(const Rider& rider, const ApplicationView& view) {
  const NaiveEngine::Face face = twin_.face(rider.vehicle);
  const OfficeTick now = twin_.office_now(rider.pool.office);
  const auto same = [&](const char* what, bool equal) {
    if (!equal) {
      differ(rider.vehicle + ": " + what);
    }
  };
  same("vehicle", view.vehicle.view() == rider.vehicle && view.pool == rider.pool);
  same("step", view.step == face.step);
  same("number", view.number == face.number);
  same("office_state", view.office_state == twin_.office_state(rider.pool.office));
  same("draws_left", view.draws_left == face.draws_left);
  same("draw", view.draw == face.draw);
  same("at", view.at == ticks.now().civil);
  same("batch", view.batch == face.batch);
  same("shortlist", view.shortlist == face.shortlist);
  if (!face.batch.empty()) {
    same("batch_expires_in", view.batch_expires_in == face.batch_deadline - now);
  }
  if (!face.shortlist.empty()) {
    same("shortlist_expires_in", view.shortlist_expires_in == face.shortlist_deadline - now);
  }
  same("fallback", view.fallback == face.fallback);
  same("verified_in", view.verified_in.has_value() == face.verified_until.has_value());
  if (view.verified_in && face.verified_until) {
    same("verified_in's length", *view.verified_in == *face.verified_until - now);
  }
  same("reservation", view.reservation.plate == face.reserved);
  if (face.reserved != kNoPlate && view.reservation.plate == face.reserved) {
    same("deadline", view.reservation.deadline == face.deadline);
    same("auto", view.reservation.automatic == face.automatic);
  }
  same("deadline_if_confirmed",
       view.deadline_if_confirmed == twin_.deadline_if_confirmed(rider.vehicle));
  same("blacklisted_until", view.blacklisted_until == twin_.blacklisted_until(rider.owner));
}

// The version grows with every change, and with nothing else.
void Duel::compare_version(const Rider& rider, const ApplicationView& view) {
  const NaiveEngine::Face face = twin_.face(rider.vehicle);
  const auto found = seen_.find(rider.vehicle);
  if (found != seen_.end()) {
    const auto& [version, before] = found->second;
    if (face == before ? view.version != version : view.version <= version) {
      differ(rider.vehicle + ": version " + std::to_string(view.version) + " after " +
             std::to_string(version));
    }
  }
  seen_[rider.vehicle] = {view.version, face};
}

void Duel::compare_all() {
  for (const std::string& complaint : twin_.complaints()) {
    differ(complaint);
  }
  for (const Rider& rider : riders_) {
    if (!twin_.due(rider.vehicle)) {
      const ApplicationView view = engine->vehicle(rider.vehicle)->application;
      compare_view(rider, view);
      compare_version(rider, view);
    }
  }
  for (const PoolKey& key : pools_) {
    const PoolCounts have = engine->pool(key)->counts;
    const PoolCounts want = twin_.counts(key);
    if (have.loaded != want.loaded || have.free != want.free || have.held != want.held ||
        have.reserved != want.reserved || have.issued != want.issued ||
        have.withheld != want.withheld || have.free_without4 != want.free_without4) {
      differ("counts of a pool");
    }
  }
}

void Duel::compare_plates() {
  for (const Plate& plate : twin_.plates()) {
    const PlateReport have = engine->plate(plate);
    const NaiveEngine::PlateFace want = twin_.plate(plate);
    if (!have.loaded || NaiveEngine::PlateFace{have.state, have.why, have.vehicle} != want) {
      differ("plate " + std::string(text_of(plate).view()) + " is " +
             std::to_string(static_cast<int>(have.state)) + " of " + have.vehicle + ", twin " +
             std::to_string(static_cast<int>(want.state)) + " of " + want.vehicle);
    }
  }
}

void Duel::compare_codes() {
  std::map<std::string, NaiveEngine::Codes> counted;
  engine->each_code_count([&](const CodeCount& count) {
    counted[std::string(count.vehicle)] = {count.day, count.sent[0], count.sent[1],
                                           count.sent_in_all, count.misses};
  });
  for (const Rider& rider : riders_) {
    const auto found = counted.find(rider.vehicle);
    const NaiveEngine::Codes have = found == counted.end() ? NaiveEngine::Codes{} : found->second;
    if (have != twin_.codes(rider.vehicle).value_or(NaiveEngine::Codes{})) {
      differ("what is counted of the codes of " + rider.vehicle);
    }
  }
}

// --- The world ---

Duel::Duel(uint64_t seed, Tally& tally)
    : World(1U << (seed % 4), "small", false), seed_(seed), dice_(seed), tally_(tally) {
  const OfficeCode second = *parse_office("粤A").office;
  OfficePatch patch{.office = second};
  patch.settings.emplace().terms = "t1";
  EXPECT_TRUE(engine->put_office(patch, kOperator, changes).ok());
  EXPECT_TRUE(engine->put_terms("t2", "新条款", "new terms", kOperator).ok());
  EXPECT_TRUE(engine->set_open(second, true, "test", kOperator, changes).ok());
  pools_ = {pool, {second, PlateClass::large, Power::hybrid}};
  EXPECT_TRUE(engine->make_pool(pools_[1], DrawSecret{1}, DrawSecret{2}).ok());
  twin_.begin(ticks.now().civil);
  for (const PoolKey& key : pools_) {
    twin_.add_office(key.office, engine->office(key.office)->settings);
    twin_.set_open(key.office, true);
  }
  add_rider("o-1", "LA000000000000001", pools_[0], true);
  add_rider("o-1", "LA000000000000002", pools_[1], true);
  add_rider("o-2", "LA000000000000003", pools_[0], true);
  add_rider("o-2", "LA000000000000004", pools_[0], true);
  add_rider("o-3", "LA000000000000005", pools_[0], true);
  add_rider("o-4", "LA000000000000006", pools_[0], false);
  adopted_ = sink.records.size();
  for (const PoolKey& key : pools_) {
    doing_ = "settings";
    change_settings(key.office);
  }
  load_segment();
}

void Duel::add_rider(const std::string& owner_id, const std::string& vehicle, PoolKey key,
                     bool eligible) {
  if (!engine->has_owner(owner_id)) {
    EXPECT_TRUE(engine->import_owner(owner_id, OwnerKind::person, 0, {}, kOperator).ok());
  }
  const std::string carried = eligible ? "粤B" + vehicle.substr(12) : "粤BD12345";
  EXPECT_TRUE(engine->import_vehicle({owner_id, vehicle, key, carried}, false, kOperator).ok());
  twin_.add_vehicle(owner_id, vehicle, key, eligible);
  riders_.push_back({owner_id, vehicle, key});
}

void Duel::fight(int steps) {
  for (step_ = 1; step_ <= steps && !testing::Test::HasFailure(); ++step_) {
    step();
    if (step_ % 16 == 0) {
      compare_plates();
      compare_codes();
    }
  }
  if (!testing::Test::HasFailure()) {
    compare_plates();
    compare_codes();
  }
}

void Duel::replay() {
  for (const uint32_t shards : {1U, 16U}) {
    MemorySink other;
    if (replayed(sink, other, ticks, shards)->digest() != engine->digest()) {
      differ("replay with " + std::to_string(shards) + " shards leads elsewhere");
    }
  }
}

void Duel::step() {
  const uint64_t kind = dice_.roll(100);
  if (kind < 60) {
    citizen_step();
  } else if (kind < 74) {
    operator_step();
  } else {
    time_step();
  }
}

// --- Time ---

void Duel::time_step() {
  const std::set<Millis> moments = twin_.next_moments();
  const uint64_t kind = dice_.roll(100);
  Millis span{static_cast<int64_t>(dice_.roll(4000))};
  if (kind < 75 && !moments.empty()) {
    const uint64_t near = std::min<uint64_t>(moments.size(), dice_.chance(80) ? 3 : 8);
    span = *std::next(moments.begin(), static_cast<std::ptrdiff_t>(dice_.roll(near)));
    span = std::max(Millis{0}, span + Millis{static_cast<int64_t>(dice_.roll(3)) - 1});
  } else if (kind < 80) {
    span = kDay;
  }
  if (dice_.chance(6)) {
    doing_ = "down for " + std::to_string(span.count());
    ticks.sleep(span);
    twin_.sleep(span);
    if (dice_.chance(30)) {
      restart();
    }
  } else {
    doing_ = "pass " + std::to_string(span.count());
    ticks.advance(span);
    twin_.pass(span);
  }
  compare_all();
  if (dice_.chance(65)) {
    doing_ += " and advance";
    engine->record_time(kSecond);
    run_timers();
    adopt_records("");
    for (const std::string& late : twin_.overdue(Millis{20})) {
      differ("overdue: " + late);
    }
    compare_all();
  }
  for (const PoolKey& key : new_days_) {
    if (dice_.chance(70)) {
      const Day tomorrow = engine->office(key.office)->today() + days{1};
      (void)engine->commit_secret(key, tomorrow, DrawSecret{3});
    }
  }
  new_days_.clear();
}

// The engine stops and another one goes on from its records.
void Duel::restart() {
  doing_ += " and restart";
  const Digest before = engine->digest();
  engine = replayed(sink, sink, ticks, 1U << dice_.roll(4));
  if (engine->digest() != before) {
    differ("recovery leads elsewhere");
  }
  for (const auto& [key, period] : engine->secrets_wanted()) {
    for (const uint8_t secret : std::array<uint8_t, 3>{1, 2, 3}) {
      (void)engine->provide_secret(key, period.day, DrawSecret{secret});
    }
  }
}

}  // namespace plated
