// What operators are shown, as JSON: offices, pools, applications, and the small parts they share.
// Pure; any thread.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <vector>

#include "engine/office.h"
#include "engine/operators.h"
#include "engine/types.h"

namespace plated {

[[nodiscard]] boost::json::object office_json(const Office& office);
// The counts alone, under office, class and power.
[[nodiscard]] boost::json::object counts_json(PoolKey pool, const PoolCounts& counts);
// The counts and the segments.
[[nodiscard]] boost::json::object pool_json(const PoolReport& pool);
// The waiting room of an office; `revealed` has the secret of each of its periods that is public.
[[nodiscard]] boost::json::object waiting_json(
    const WaitingReport& waiting, const std::vector<std::optional<DrawSecret>>& revealed);
// The document that clients of the WebSocket get.
[[nodiscard]] boost::json::value application_json(const ApplicationView& application);

[[nodiscard]] boost::json::value text_json(const Plate& plate);
[[nodiscard]] boost::json::value text_json(OfficeCode office);
[[nodiscard]] boost::json::value text_json(Day day);
// Unix milliseconds; the epoch and nothing are null.
[[nodiscard]] boost::json::value instant_json(std::optional<CivilTime> at);
[[nodiscard]] boost::json::value sequence_json(Sequence sequence);

[[nodiscard]] std::string_view name_of(PlateState state);
[[nodiscard]] std::string_view name_of(WithheldWhy why);
[[nodiscard]] std::string_view name_of(OwnerKind kind);
[[nodiscard]] std::string_view name_of(NoticeKind kind);

}  // namespace plated
