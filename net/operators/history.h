// What the log says about something, appended to an answer about it. For the files that answer
// operators.
#pragma once

#include <boost/json/object.hpp>
#include <functional>

#include "net/operators/topics.h"

namespace plated {

inline constexpr std::size_t kHistoryMax = 1000;  // records of one plate, vehicle or owner

// The answer with a field `history`: the records that are wanted, oldest first, up to the last one
// there is now. Waits until that one is durable, because the log is read from where it is.
[[nodiscard]] OperatorAnswer say_with_history(const AdminCall& call, boost::json::object answer,
                                              std::function<bool(const Record&)> wanted,
                                              Sequence rests_on);

}  // namespace plated
