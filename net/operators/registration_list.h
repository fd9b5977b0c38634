// The list that the registration system exports, as CSV: which plate, of which vehicle, in which
// state. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/plate.h"
#include "net/operators/form.h"

namespace plated {

struct ListedPlate {
  std::size_t line = 0;  // of the list, from 1
  Plate plate;
  std::string vehicle;  // in capitals
  std::string state;    // the name of a PlateState
};

struct RegistrationList {
  std::vector<ListedPlate> rows;
  std::optional<FormFault> fault;  // set: the list means nothing
};

// The first line names the columns, in any order and among others: plate, vehicle and state, or
// 号牌号码, 车辆识别代号 and 状态. Columns are separated by commas, semicolons or tabs, as in the
// first line, and may stand in quotation marks. A line that has fewer columns than the first one,
// or more, is a fault: the file was cut, or is none.
[[nodiscard]] RegistrationList read_registration_list(std::string_view text);

}  // namespace plated
