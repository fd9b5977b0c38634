#include "net/operators/selection.h"

#include <string>

namespace plated {
namespace {

namespace json = boost::json;

std::string pool_text(PoolKey pool) {
  return std::string(text_of(pool.office).view()) + " " + std::string(name_of(pool.plate_class)) +
         " " + std::string(name_of(pool.power));
}

// Notes a fault unless the plate is of the pool; without a pool, the plate decides it.
void keep_to_pool(AdminForm& form, std::string_view field, const Plate& plate,
                  std::optional<PoolKey>& pool) {
  if (!pool) {
    pool = plate.pool;
  } else if (*pool != plate.pool) {
    form.fail(field, std::string(text_of(plate).view()) + " is not a plate of " + pool_text(*pool));
  }
}

void read_list(AdminForm& form, const json::array& list, std::optional<PoolKey>& pool,
               PlateSelection& selection) {
  selection.plates.reserve(list.size());
  for (const json::value& item : list) {
    if (!item.is_string()) {
      form.fail("plates", "must be a list of plates");
      return;
    }
    const ParsedPlate parsed = parse_plate(item.get_string());
    if (!parsed.plate) {
      form.fail("plates",
                "\"" + std::string(item.get_string()) + "\": " + sentence_of(parsed.error));
      return;
    }
    keep_to_pool(form, "plates", *parsed.plate, pool);
    selection.plates.push_back(parsed.plate->number);
  }
  if (list.empty()) {
    form.fail("plates", "must not be empty");
  }
}

}  // namespace

PlateSelection read_selection(AdminForm& form, std::optional<PoolKey> pool) {
  PlateSelection selection;
  if (const json::array* const list = form.array("plates")) {
    if (form.has("from") || form.has("to")) {
      form.fail("plates", "goes without from and to: a list or a range, not both");
    }
    read_list(form, *list, pool, selection);
  } else if (!form.has("plates")) {
    const std::optional<Plate> from = form.plate("from");
    const std::optional<Plate> to = form.plate("to");
    if (from && to) {
      keep_to_pool(form, "from", *from, pool);
      keep_to_pool(form, "to", *to, pool);
      selection.from = from->number;
      selection.to = to->number;
    }
  }
  selection.pool = pool.value_or(PoolKey{});
  return selection;
}

}  // namespace plated
