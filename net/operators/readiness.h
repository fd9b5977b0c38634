// Whether an office has what people need who come when it opens: terms that are not the
// demonstration's, plates, and a gateway by which codes reach them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "net/operators/topics.h"

namespace plated {

[[nodiscard]] bool has_own_terms(const AdminCall& call, const Office& office);
[[nodiscard]] bool has_segment(Engine& engine, const Office& office);

struct Lack {
  std::string_view what;  // terms, segments or gateway
  std::string why;
};
// May take as long as a gateway takes to answer.
[[nodiscard]] std::vector<Lack> what_lacks(const AdminCall& call, const Office& office);

}  // namespace plated
