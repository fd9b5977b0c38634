// One JSON object from an operator, read field by field and strictly: a field that is missing, of
// the wrong type, out of its range or not known is a fault that names it. The first fault stays;
// what is read after it are defaults, so that a form is read straight through and judged once. Not
// thread-safe; one form is one request or one line of an import.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/plate.h"
#include "engine/types.h"

namespace plated {

enum class Need : uint8_t { optional, required };

struct FormFault {
  std::string field;  // empty: the whole
  std::string message;
};

class AdminForm {
 public:
  // Reads `body`, which faults call so; an empty one is an object without fields.
  explicit AdminForm(std::string_view body) : AdminForm(body, "the body") {}
  // Reads a line of an import; faults of its fields say the column as well. `line` outlives this.
  static AdminForm of_line(std::string_view line);
  // Reads an object within another form.
  explicit AdminForm(boost::json::object object) : object_(std::move(object)) {}

  // Texts are at most `size_max` bytes; a required one is not empty.
  std::optional<std::string> text(std::string_view name, Need need = Need::optional,
                                  std::size_t size_max = kTextMax);
  // Between `least` and `most`.
  std::optional<int64_t> integer(std::string_view name, Need need, int64_t least, int64_t most);
  bool flag(std::string_view name);
  // Unix milliseconds, or RFC 3339 with an offset.
  std::optional<CivilTime> instant(std::string_view name);
  // Likewise, or a day, which stands for the moment at which it has ended where `offset` holds.
  std::optional<CivilTime> instant_or_day_end(std::string_view name, std::chrono::minutes offset);
  std::optional<Day> day(std::string_view name, Need need = Need::optional);
  std::optional<std::vector<Day>> days(std::string_view name);
  std::optional<Plate> plate(std::string_view name);
  std::optional<OfficeCode> office(std::string_view name);
  // The fields `office`, `class` and `power`, all of them required.
  std::optional<PoolKey> pool();
  const boost::json::array* array(std::string_view name);
  const boost::json::object* object(std::string_view name);

  [[nodiscard]] bool has(std::string_view name) const { return object_.contains(name); }
  // Notes a fault unless there is one already.
  void fail(std::string_view field, std::string message);
  // Ends the reading: a field that nobody asked for is a fault. True if there is none.
  [[nodiscard]] bool finish();
  [[nodiscard]] bool ok() const { return !fault_; }
  // Requires a fault.
  [[nodiscard]] const FormFault& fault() const { return *fault_; }

 private:
  AdminForm(std::string_view body, std::string_view called);
  const boost::json::value* take(std::string_view name, Need need);

  boost::json::object object_;
  std::string_view line_;  // of an import
  std::vector<std::string> known_;
  std::optional<FormFault> fault_;
};

}  // namespace plated
