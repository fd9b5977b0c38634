// What operators ask of the parts that net does not know: the log, the key store, the clocks.
#include <algorithm>

#include "persistence/file_system.h"
#include "persistence/log_archive.h"
#include "persistence/log_file.h"
#include "persistence/log_replay.h"
#include "persistence/record_json.h"
#include "persistence/recount.h"
#include "persistence/replay_engine.h"
#include "persistence/sealing.h"
#include "tools/plated/founding.h"
#include "tools/plated/life.h"
#include "tools/plated/secrets.h"

namespace plated {
namespace {

// Seals it under that key; not_found when there is none.
Status seal_one(const KeyStore& keys, KeyId id, const PersonalData& data, SealedData& out) {
  const auto key = keys.owner_key(id);
  if (!key.ok()) {
    return key.status;
  }
  const std::string plain = bytes_of(data);
  const Bytes bytes =
      seal(key.value, id, ByteSpan(reinterpret_cast<const std::byte*>(plain.data()), plain.size()));
  out = {id.value, std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size())};
  return {};
}

// Seals each under its owner's key; those that are missing are made, with one sync. A key that
// cannot be read is not missing: another in its place would leave it behind when the owner is
// erased.
std::optional<std::vector<SealedData>> seal_all(BoundKeys& keys,
                                                std::span<const SealRequest> requests) {
  std::vector<SealedData> sealed(requests.size());
  std::vector<std::size_t> keyless;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const Status status = seal_one(keys.store(), {requests[i].key}, requests[i].data, sealed[i]);
    if (status.code() == StatusCode::not_found) {
      keyless.push_back(i);
    } else if (!status.ok()) {
      return std::nullopt;
    }
  }
  if (keyless.empty()) {
    return sealed;
  }
  const auto first = keys.create_owner_keys(static_cast<uint32_t>(keyless.size()));
  if (!first.ok()) {
    return std::nullopt;
  }
  uint64_t next = first.value.value;
  for (const std::size_t i : keyless) {
    if (!seal_one(keys.store(), {next++}, requests[i].data, sealed[i]).ok()) {
      return std::nullopt;
    }
  }
  return sealed;
}

KeyEnd destroy(BoundKeys& keys, uint64_t key) {
  const Status destroyed = keys.destroy_owner_key(KeyId{key});
  if (destroyed.ok()) {
    return KeyEnd::destroyed;
  }
  return destroyed.code() == StatusCode::no_space ? KeyEnd::no_room : KeyEnd::failed;
}

// History begins at the oldest log file kept, archived ones among them: the place before its first
// record.
Sequence before_oldest(FileSystem& files, const std::string& directory) {
  auto names = list_archived_log_files(files, directory);
  if (!names.ok() || names.value.empty()) {
    names = list_log_files(files, directory);
  }
  return names.ok() && !names.value.empty() ? Sequence{names.value.front().first.value - 1}
                                            : Sequence{};
}

std::optional<std::vector<boost::json::object>> read_history(FileSystem& files,
                                                             const std::string& directory,
                                                             const HistoryQuery& query) {
  std::vector<boost::json::object> found;
  const Status enough = Status::mismatch(directory, "as many records as were asked for");
  const auto visit = [&](const Record& record) {
    if (query.wanted(record)) {
      found.push_back(record_json(record));
    }
    return found.size() < query.limit ? Status{} : enough;
  };
  const Sequence after = std::max(query.after, before_oldest(files, directory));
  if (after >= query.until) {
    return found;
  }
  const auto read = replay_log(files, directory, LogRange{after, query.until, true}, visit);
  const bool whole = read.ok() || found.size() == query.limit;
  return whole ? std::optional(std::move(found)) : std::nullopt;
}

Recounted recount_books(FileSystem& files, const std::string& directory, Sequence until) {
  Recounted books;
  const auto counted = recount(files, directory, until, make_replay_engine);
  if (!counted.ok()) {
    books.problem = counted.status.text();
    return books;
  }
  books.ok = counted.value.sound();
  if (!books.ok) {
    books.problem = counted.value.problems.front();
  }
  books.sequence = until;
  for (const PoolRecount& pool : counted.value.pools) {
    books.pools.emplace_back(pool.pool, pool.counts);
  }
  return books;
}

}  // namespace

AdminActions Life::make_actions() {
  AdminActions actions;
  Storage& storage = storage_;
  actions.wait_durable = [&](Sequence s) { return storage.wait_durable(s); };
  actions.publish = outside_.publish;
  actions.make_pool = [&](PoolKey pool) {
    return make_pool_with_secrets(storage.engine(), storage.bound_keys(), pool);
  };
  actions.revealed_lobby = [&](OfficeCode office, Day period) {
    return revealed_lobby_secret(storage.engine(), storage.keys(), office, period);
  };
  actions.seal = [&](std::span<const SealRequest> requests) {
    return seal_all(storage.bound_keys(), requests);
  };
  actions.open = opener();
  actions.destroy_key = [&](uint64_t key) { return destroy(storage.bound_keys(), key); };
  actions.history = [&](const HistoryQuery& query) {
    return read_history(storage.files(), storage.directory(), query);
  };
  actions.recount = [&](Sequence until) {
    return recount_books(storage.files(), storage.directory(), until);
  };
  actions.report = outside_.report;
  actions.gateway_problem = outside_.gateway_problem;
  actions.examine = outside_.examine;
  actions.is_demonstration = is_demonstration;
  actions.snapshot = [&] {
    const auto taken = storage.checkpoint();
    return taken.ok() ? ActionReport{true, {}, taken.value.snapshot.sequence}
                      : ActionReport{false, taken.status.text(), {}};
  };
  actions.drain = outside_.drain;
  actions.accept_clock = [&] {
    if (storage.ticks().ticker().jumped()) {
      storage.ticks().ticker().accept_jump();
    }
  };
  actions.retry_notice = [this](Sequence notice) { return outbox_->retry(notice); };
  actions.end_tickets = [this](std::string_view owner, std::string_view jti) {
    if (outside_.end_tickets) {
      outside_.end_tickets(owner, jti);
    }
  };
  actions.civil_now = [&] { return storage.ticks().now().civil; };
  actions.ticket_age_max = options_.ticket_age_max;
  actions.rehearsal_office = options_.rehearsal_office;
  return actions;
}

}  // namespace plated
