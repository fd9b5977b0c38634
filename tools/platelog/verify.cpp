// `platelog verify`: every byte, every record, every digest, and whether the books agree.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <string>
#include <vector>

#include "engine/lobby_order.h"
#include "engine/plate.h"
#include "engine/state.h"
#include "persistence/key_store.h"
#include "persistence/log_survey.h"
#include "persistence/record_json.h"
#include "persistence/recount.h"
#include "persistence/replay_engine.h"
#include "tools/platelog/commands.h"
#include "tools/platelog/steady.h"
#include "tools/platelog/text.h"

namespace plated {
namespace {

namespace json = boost::json;

constexpr std::size_t kNumbersMax = 1000;  // bytes of a list of keys

// Notes a key, if the store has such a slot at all.
void note(std::vector<bool>& keys, uint64_t key) {
  if (key < keys.size()) {
    keys[key] = true;
  }
}

// One snapshot: what it says, and what the replay says.
struct CheckedSnapshot {
  SnapshotName name;
  Status status;
  SnapshotHeader header;
  std::optional<Digest> replayed;
};

class Verification {
 public:
  Verification(const LogTools& tools, const LogCommandLine& line)
      : files_(tools.files), progress_(tools.progress), directory_(line.data) {}

  LogAnswer run() {
    // In the order in which one is proven by the next, so that a server may write meanwhile: what a
    // snapshot holds stands in the log, and what the log commits to stands in the key store.
    if (Status status = read_snapshots(); !status.ok()) {
      return status;
    }
    if (Status status = survey(); !status.ok()) {
      return status;
    }
    read_keys();
    replay();
    judge_snapshots();
    return answer();
  }

 private:
  void problem(const Status& status) { problems_.push_back(problem_json(status)); }
  void inexplicable(const std::string& what) {
    problems_.push_back(json::object{
        {"problem", what},
        {"what_to_do", "keep a copy of this directory for inspection before anything else"}});
  }

  Status survey() {
    auto survey = survey_log(files_, directory_, [this](const SurveyedFile& file, const LogBatch&) {
      progress_.show(fmt::format("checking {}", name_within(directory_, file.name.path)));
    });
    if (!survey.ok()) {
      return survey.status;
    }
    log_ = std::move(survey.value);
    for (const SurveyedFile& file : log_) {
      if (!file.status.ok()) {
        problem(file.status);
      }
      archive_sound_ = archive_sound_ && (!file.archived || file.status.ok());
    }
    return {};
  }

  Status read_snapshots() {
    auto names = list_snapshots(files_, directory_);
    if (!names.ok()) {
      return names.status;
    }
    for (const SnapshotName& name : names.value) {
      progress_.show(fmt::format("checking {}", name_within(directory_, name.path)));
      const auto engine = make_replay_engine();
      auto header = read_snapshot(files_, name, *engine);
      if (header.status.code() == StatusCode::not_found) {
        continue;  // a checkpoint has just retired it
      }
      snapshots_.push_back({name, header.status, header.value, std::nullopt});
      if (!header.ok()) {
        problem(header.status);
      }
    }
    return {};
  }

  void read_keys() {
    auto keys = KeyStore::inspect(files_, directory_);
    if (keys.status.code() == StatusCode::corruption) {
      // An erasure in between is seen as a whole the second time.
      keys = KeyStore::inspect(files_, directory_);
    }
    if (!keys.ok()) {
      problem(keys.status);
      return;
    }
    keys_ = std::move(keys.value);
    to_be_gone_.assign(keys_.found.generation, false);
    destroyed_.assign(keys_.found.generation, false);
  }

  // Everything that is there, through the engine and the ledger.
  void replay() {
    if (log_.empty()) {
      return;
    }
    const Sequence until{log_.back().next().value - 1};
    RecountOptions options;
    options.archive = archive_sound_;
    options.watch = [&](Engine& engine, const Record& record) { watch(engine, record, until); };
    options.at_end = [this](Engine& engine) {
      if (keys_.keys != nullptr) {
        check_secrets(engine);
        check_keys(engine);
      }
    };
    auto counted = on_steady_files(files_, directory_, [&] {
      return recount(files_, directory_, until, make_replay_engine, options);
    });
    if (!counted.ok()) {
      const bool known = std::any_of(log_.begin(), log_.end(), [&](const SurveyedFile& file) {
        return !file.status.ok() && file.status.text() == counted.status.text();
      });
      if (!known) {
        problem(counted.status);
      }
      return;
    }
    recounted_ = std::move(counted.value);
    for (const std::string& wrong : recounted_->problems) {
      inexplicable(wrong);
    }
  }

  void watch(Engine& engine, const Record& record, Sequence until) {
    constexpr uint64_t kShowEvery = 4096;
    if (record.sequence.value % kShowEvery == 0) {
      progress_.show(fmt::format("replaying: record {} of {}", record.sequence.value, until.value));
    }
    if (const auto* imported = std::get_if<OwnerImported>(&record.event)) {
      note(to_be_gone_, imported->key);
    } else if (const auto* destroyed = std::get_if<KeyDestroyed>(&record.event)) {
      note(to_be_gone_, destroyed->key);
      note(destroyed_, destroyed->key);
    } else if (const auto* ordered = std::get_if<LobbyOrdered>(&record.event)) {
      check_order(*ordered, record.sequence);
    }
    for (CheckedSnapshot& snapshot : snapshots_) {
      if (snapshot.name.sequence == record.sequence) {
        snapshot.replayed = engine.digest();
      }
    }
  }

  // A lobby's order follows from the secret of its period, where that is kept.
  void check_order(const LobbyOrdered& ordered, Sequence sequence) {
    const auto secret =
        keys_.keys == nullptr ? std::nullopt : keys_.keys->secret(ordered.office, ordered.period);
    if (secret && lobby_seed(*secret, ordered.office, ordered.opening) != ordered.seed) {
      inexplicable(fmt::format(
          "record {} orders a lobby of {} otherwise than the secret of {} does", sequence.value,
          text_of(ordered.office).view(), text_of(ordered.period).view()));
    }
  }

  void check_secrets(Engine& engine) {
    for (const auto& [pool, period] : engine.secrets_wanted()) {
      const auto kept = keys_.keys->secret(pool, period.day);
      if (!kept || !engine.provide_secret(pool, period.day, *kept)) {
        secret_is_missing(fmt::format("pool {} {} {}", text_of(pool.office).view(),
                                      name_of(pool.plate_class), name_of(pool.power)),
                          period.day);
      }
    }
    for (const auto& [office, period] : engine.lobby_secrets_wanted()) {
      const auto kept = keys_.keys->secret(office, period.day);
      if (!kept || !engine.provide_lobby_secret(office, period.day, *kept)) {
        secret_is_missing(fmt::format("the lobbies of {}", text_of(office).view()), period.day);
      }
    }
  }

  void secret_is_missing(const std::string& whose, Day period) {
    problem(Status::corruption(
        directory_ + "/keys", 0,
        fmt::format("the secret of {} for {}, which the log has committed to, is not there", whose,
                    text_of(period).view())));
  }

  // The store against what the log says of it, and each key that nobody should have any more: one
  // that was destroyed, or that sealed the data of somebody who was erased since.
  void check_keys(Engine& engine) {
    const auto left_over = keys_left_over(files_, directory_, engine.recorded_keys());
    if (!left_over.ok()) {
      problem(left_over.status);
    }
    StateWriter::write(engine, [this](const StateItem& item) {
      const auto* owner = std::get_if<OwnerState>(&item);
      if (owner != nullptr && owner->key < to_be_gone_.size() && !destroyed_[owner->key]) {
        to_be_gone_[owner->key] = false;
      }
    });
    std::string numbers;
    for (uint64_t key = 1; key < to_be_gone_.size() && numbers.size() < kNumbersMax; ++key) {
      if (to_be_gone_[key] && keys_.keys->owner_key(KeyId{key}).ok()) {
        numbers += fmt::format("{}{}", numbers.empty() ? "" : ", ", key);
      }
    }
    if (!numbers.empty()) {
      problems_.push_back(json::object{
          {"file", "keys"},
          {"problem", "keys that should be gone are there: " + numbers +
                          "; the persons whose data they open were erased"},
          {"what_to_do", left_over.ok() && !left_over.value.empty()
                             ? "start plated: it destroys them again, and says so"
                             : "put the newest copy of this file back, which was made after they "
                               "were erased"}});
    }
  }

  void judge_snapshots() {
    for (const CheckedSnapshot& snapshot : snapshots_) {
      if (snapshot.status.ok() && snapshot.replayed &&
          *snapshot.replayed != snapshot.header.digest) {
        problem(Status::corruption(snapshot.name.path, 40,
                                   "its digest is not that of the log replayed up to there"));
      }
      if (snapshot.status.ok() && !log_.empty() && log_.back().status.ok() &&
          snapshot.name.sequence >= log_.back().next()) {
        problem(Status::corruption(
            log_.back().name.path, log_.back().sound_bytes,
            fmt::format("the log ends at record {}, but a snapshot proves that record {} was "
                        "durable",
                        log_.back().next().value - 1, snapshot.name.sequence.value)));
      }
    }
  }

  [[nodiscard]] json::object log_json() const {
    json::object log;
    uint64_t archived = 0;
    uint64_t records = 0;
    uint64_t batches = 0;
    uint64_t bytes = 0;
    for (const SurveyedFile& file : log_) {
      archived += file.archived ? 1 : 0;
      records += file.records();
      batches += file.batches;
      bytes += file.sound_bytes;
    }
    log = {{"files", log_.size() - archived},
           {"archived", archived},
           {"records", records},
           {"batches", batches},
           {"sound_bytes", bytes}};
    if (!log_.empty()) {
      log["first"] = log_.front().first().value;
      log["last"] = log_.back().next().value - 1;
      log["state"] = name_of(log_.back().end);
      log["torn_bytes"] = log_.back().torn_bytes;
    }
    return log;
  }

  [[nodiscard]] json::array snapshots_json() const {
    json::array rows;
    for (const CheckedSnapshot& snapshot : snapshots_) {
      rows.push_back(
          json::object{{"file", name_within(directory_, snapshot.name.path)},
                       {"sequence", snapshot.name.sequence.value},
                       {"sound", snapshot.status.ok()},
                       {"digest", snapshot.status.ok() ? hexadecimal(snapshot.header.digest) : ""},
                       {"replayed", !snapshot.replayed                             ? "not compared"
                                    : *snapshot.replayed == snapshot.header.digest ? "the same"
                                                                                   : "another"}});
    }
    return rows;
  }

  [[nodiscard]] LogAnswer answer() {
    LogAnswer answer;
    answer.exit = problems_.empty() ? kLogDone : kLogRefused;
    answer.said = {{"ok", problems_.empty()}, {"log", log_json()}};
    if (keys_.keys != nullptr) {
      answer.said["keys"] = json::object{{"owners_keys", keys_.found.owners_keys},
                                         {"erased", keys_.found.erased},
                                         {"secrets", keys_.found.secrets},
                                         {"generation", keys_.found.generation},
                                         {"torn_bytes", keys_.found.torn_bytes}};
    }
    if (recounted_) {
      answer.said["replayed_from"] = recounted_->from.value;
      answer.said["replayed"] = recounted_->log.records;
      answer.said["digest"] = hexadecimal(recounted_->digest);
      json::array pools;
      for (const PoolRecount& pool : recounted_->pools) {
        const PoolCounts& counts = pool.counts;
        pools.push_back(json::object{{"office", text_of(pool.pool.office).view()},
                                     {"class", name_of(pool.pool.plate_class)},
                                     {"power", name_of(pool.pool.power)},
                                     {"loaded", counts.loaded},
                                     {"free", counts.free},
                                     {"held", counts.held},
                                     {"reserved", counts.reserved},
                                     {"issued", counts.issued},
                                     {"withheld", counts.withheld},
                                     {"adds_up", pool.adds_up}});
      }
      answer.said["pools"] = std::move(pools);
    }
    answer.said["snapshots"] = snapshots_json();
    answer.said["problems"] = std::move(problems_);
    return answer;
  }

  FileSystem& files_;
  ProgressLine& progress_;
  const std::string directory_;
  std::vector<SurveyedFile> log_;
  bool archive_sound_ = true;
  std::vector<CheckedSnapshot> snapshots_;
  InspectedKeys keys_;  // none when they could not be read
  // By key: those that sealed something, less those that owners still have when all is replayed;
  // and those that the log says were destroyed.
  std::vector<bool> to_be_gone_;
  std::vector<bool> destroyed_;
  std::optional<RecountReport> recounted_;
  json::array problems_;
};

}  // namespace

LogAnswer verify_log(const LogTools& tools, const LogCommandLine& line) {
  return Verification(tools, line).run();
}

}  // namespace plated
