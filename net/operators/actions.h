// What the operators' side needs from the rest of the server, as plain callbacks, so that net knows
// neither the log nor the key store. Whoever wires the server fills all of them in before the first
// request; each may be called by several threads at once, and may block.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/engine.h"
#include "engine/operators.h"
#include "engine/types.h"
#include "net/notices/personal_data.h"
#include "net/selection/limits.h"
#include "net/selection/request_meter.h"

namespace plated {

// How it ended when a key was to be destroyed.
enum class KeyEnd : uint8_t {
  destroyed,
  no_room,  // the disk is full, or the log is behind: again later
  failed,
};

// Personal data to be sealed under the owner's key. Key 0 asks for a new one, as does one that was
// destroyed.
struct SealRequest {
  PersonalData data;
  uint64_t key = 0;
};

struct SealedData {
  uint64_t key = 0;
  std::string bytes;
};

// Which records of the log: those after `after` and up to `until` that are wanted, the first
// `limit` of them. `wanted` sees each record once, in order.
struct HistoryQuery {
  Sequence after;
  Sequence until;
  std::size_t limit = 0;
  std::function<bool(const Record&)> wanted;
};

// What replaying the log up to `sequence` came to. Not ok: `problem` says what does not add up.
struct Recounted {
  bool ok = false;
  std::string problem;
  Sequence sequence;
  std::vector<std::pair<PoolKey, PoolCounts>> pools;
};

// How something that was asked of the server went.
struct ActionReport {
  bool done = false;
  std::string why;    // when it was not done
  Sequence sequence;  // of a snapshot
};

// One look at something that may go wrong. What is well needs no remedy.
enum class FindingLevel : uint8_t { ok, warning, error };
struct Finding {
  std::string check;  // one word, such as disk
  FindingLevel level = FindingLevel::ok;
  std::string found;
  std::string remedy;
};

// What the server outside the engine can say about itself.
struct ServiceReport {
  std::string version;
  Millis uptime{};
  CivilTime started{};  // by the wall clock
  uint64_t sessions = 0;
  RequestTotals requests;
  RequestRates rates{};   // answers per second over the last 10 s
  LimitCounts refused{};  // what was refused because of each limit

  Sequence durable;
  uint64_t log_bytes = 0;
  uint64_t log_files = 0;
  Millis log_age{};  // since records last became durable
  std::optional<Sequence> snapshot;
  Millis snapshot_age{};
  uint64_t log_room = 0;                // bytes of records, in log files that are there already
  std::string log_room_problem;         // why no more of them can be made; empty: they can
  std::optional<uint64_t> disk_free{};  // bytes; nothing: nobody knows

  uint64_t sms_sent = 0;
  uint64_t sms_failed = 0;
  uint64_t sms_queued = 0;
  std::string sms_last_failure;  // empty: the last message left
  Millis sms_failing_for{};      // since none has left, while messages fail
};

struct AdminActions {
  // Returns when the record is durable; false if it never will be.
  std::function<bool(Sequence)> wait_durable;
  // Tells whoever watches; what it is told rests on the sequences in it.
  std::function<void(const Changes&)> publish;

  // Stores the secrets of a new pool, then makes it in the engine.
  std::function<Verdict(PoolKey)> make_pool;

  // The secret of an office's lobbies for a period that is over; nothing while it may still serve.
  std::function<std::optional<DrawSecret>(OfficeCode, Day period)> revealed_lobby;

  // Seals all of them, in order, when their keys are safe; nothing if the key store failed.
  std::function<std::optional<std::vector<SealedData>>(std::span<const SealRequest>)> seal;
  // Nothing if the key is gone.
  std::function<std::optional<PersonalData>(uint64_t key, std::string_view sealed)> open;
  // Destroys a key for good; one that is gone already is destroyed.
  std::function<KeyEnd(uint64_t key)> destroy_key;

  // The records as objects {"sequence", "at", "what", …}; nothing if the log cannot be read.
  std::function<std::optional<std::vector<boost::json::object>>(const HistoryQuery&)> history;
  // Replays the log up to a durable sequence.
  std::function<Recounted(Sequence until)> recount;

  std::function<ServiceReport()> report;
  // Why no SMS would leave now; empty: it would, as far as anybody can tell without sending one.
  std::function<std::string()> gateway_problem;
  // What can be found out about the machine and the files.
  std::function<std::vector<Finding>()> examine;
  // Whether these are the terms that every server has at first, which nobody means.
  std::function<bool(const Terms&)> is_demonstration;
  std::function<ActionReport()> snapshot;
  // Begins to drain; returns at once.
  std::function<void()> drain;
  // Believes the wall clock; a clock that has not jumped is left alone.
  std::function<void()> accept_clock;
  // Tries a notice again now, however long it should have waited. False: it is not known.
  std::function<bool(Sequence notice)> retry_notice;

  // Ends the sessions of an owner, or (the owner empty) of the ticket of that jti.
  std::function<void(std::string_view owner, std::string_view jti)> end_tickets;
  std::function<CivilTime()> civil_now;
  Millis ticket_age_max{};  // no ticket runs for longer

  OfficeCode rehearsal_office;
};

}  // namespace plated
