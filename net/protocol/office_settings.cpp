#include "net/protocol/office_settings.h"

#include <concepts>

#include "engine/settings.h"

namespace plated {

std::vector<OfficeSetting> office_settings() {
  std::vector<OfficeSetting> settings;
  const Settings values;
  Settings::each(values, [&settings]<class T>(const SettingRow& row, const T&) {
    settings.push_back({row.name, row.what, std::same_as<T, Millis>});
  });
  return settings;
}

std::vector<std::string> office_contact_fields() {
  std::vector<std::string> names;
  const OfficeContact contact;
  OfficeContact::fields(
      contact, [&names](const char* name, const std::string&) { names.emplace_back(name); });
  return names;
}

}  // namespace plated
