#include "net/web/office_json.h"

#include "engine/calendar.h"
#include "engine/plate.h"
#include "net/protocol/answer_text.h"

namespace plated {
namespace {

void field(std::string_view name, std::string_view value, std::string& out) {
  out.append(out.ends_with('{') ? "" : ",");
  write_json_text(name, out);
  out += ':';
  write_json_text(value, out);
}

}  // namespace

std::string office_json(const Office& office) {
  std::string out = "{";
  field("office", text_of(office.code).view(), out);
  field("name", office.name, out);
  field("address", office.contact.address, out);
  field("telephone", office.contact.telephone, out);
  field("hours", office.contact.hours, out);
  field("time_zone", office.time_zone, out);
  out += ",\"batch_size\":";
  write_number(office.settings.batch_size, out);
  out += ",\"schedule\":[";
  for (const ScheduleRow& row : office.schedule) {
    out += out.ends_with('[') ? "{" : ",{";
    field("days", text_of_schedule_days(row.days).view(), out);
    field("from", text_of_minutes(row.from).view(), out);
    field("to", text_of_minutes(row.to).view(), out);
    out += '}';
  }
  out += "]}";
  return out;
}

}  // namespace plated
