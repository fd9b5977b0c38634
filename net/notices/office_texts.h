// What people read by SMS, in the name of the office that it is about. Pure.
#pragma once

#include <string>
#include <string_view>

#include "engine/office.h"
#include "engine/operators.h"

namespace plated {

// As people know the office: by its name, or by its code where nobody has named it.
[[nodiscard]] std::string name_of_office(const Office& office);

[[nodiscard]] std::string text_of(const PendingNotice& notice, const Office& office);
[[nodiscard]] std::string text_of_code(CodePurpose purpose, std::string_view vehicle,
                                       std::string_view code, Millis life, const Office& office);

}  // namespace plated
