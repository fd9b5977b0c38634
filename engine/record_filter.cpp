#include "engine/record_filter.h"

#include <algorithm>
#include <concepts>
#include <span>
#include <string_view>
#include <variant>

#include "engine/plate.h"

namespace plated {
namespace {

// Calls `visit(name, value)` for each field of the event, those of its application included.
template <class Visit>
void each_field(const Event& event, Visit&& visit) {
  std::visit(
      [&]<class E>(const E& e) {
        if constexpr (!std::same_as<E, std::monostate>) {
          E::fields(e, [&]<class T>(const char* name, const T& value) {
            if constexpr (std::same_as<T, ApplicationRef>) {
              T::fields(value, visit);
            } else {
              visit(name, value);
            }
          });
        }
      },
      event);
}

// Looks for a plate's number among the fields of an event of its pool.
struct PlateSeeker {
  const Plate& plate;
  bool of_pool = false;
  bool found = false;

  template <class T>
  void operator()(const char*, const T& value) {
    if constexpr (std::same_as<T, PoolKey>) {
      of_pool = value == plate.pool;
    } else if constexpr (std::same_as<T, PlateNumber>) {
      found = found || value == plate.number;
    } else if constexpr (std::same_as<T, std::span<const PlateNumber>>) {
      found = found || std::find(value.begin(), value.end(), plate.number) != value.end();
    } else if constexpr (std::same_as<T, std::span<const Pick>>) {
      found = found || std::any_of(value.begin(), value.end(),
                                   [&](const Pick& pick) { return pick.plate == plate.number; });
    }
  }
};

// Looks for a text in the fields of one name or another.
struct TextSeeker {
  std::string_view text;
  std::string_view name;
  std::string_view other_name;
  bool found = false;

  template <class T>
  void operator()(const char* field, const T& value) {
    if constexpr (std::same_as<T, std::string_view>) {
      found = found || (value == text && (field == name || field == other_name));
    }
  }
};

bool in_range(const SegmentLoaded& segment, const Plate& plate) {
  return segment.from != kNoPlate && segment.from <= plate.number && plate.number <= segment.to &&
         (segment.all_zero || !is_all_zero(plate.pool.plate_class, plate.number));
}

}  // namespace

bool PlateFilter::operator()(const Record& record) {
  const auto known = [&](uint32_t segment) {
    return std::find(segments_.begin(), segments_.end(), segment) != segments_.end();
  };
  if (const auto* loaded = std::get_if<SegmentLoaded>(&record.event)) {
    if (loaded->pool != plate_.pool) {
      return false;
    }
    if (in_range(*loaded, plate_)) {
      segments_.push_back(loaded->segment);
    }
    return known(loaded->segment);
  }
  if (const auto* released = std::get_if<SegmentReleased>(&record.event)) {
    return released->pool == plate_.pool && known(released->segment);
  }
  PlateSeeker seeker{plate_};
  each_field(record.event, seeker);
  const bool found = seeker.of_pool && seeker.found;
  if (const auto* listed = std::get_if<SegmentListed>(&record.event); listed && found) {
    segments_.push_back(listed->segment);
  }
  return found;
}

bool VehicleFilter::operator()(const Record& record) const {
  TextSeeker seeker{vehicle_, "vehicle", "vehicle"};
  each_field(record.event, seeker);
  return seeker.found;
}

bool OwnerFilter::operator()(const Record& record) const {
  TextSeeker seeker{owner_, "owner", "from"};
  each_field(record.event, seeker);
  return seeker.found;
}

}  // namespace plated
