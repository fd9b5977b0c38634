#include "tests/simulation/face.h"

#include <boost/json/parse.hpp>

#include "net/protocol/answer_text.h"

namespace plated {
namespace {

namespace json = boost::json;

std::string text_in(const json::object& object, std::string_view key) {
  const json::value* const value = object.if_contains({key.data(), key.size()});
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

int64_t number_in(const json::object& object, std::string_view key) {
  return object.at({key.data(), key.size()}).to_number<int64_t>();
}

int64_t read_hold(const json::object& application, std::string_view key,
                  std::vector<std::string>& plates) {
  const json::value& hold = application.at({key.data(), key.size()});
  if (hold.is_null()) {
    return 0;
  }
  for (const json::value& plate : hold.as_object().at("plates").as_array()) {
    plates.emplace_back(plate.as_string());
  }
  return number_in(hold.as_object(), "expires_in_ms");
}

// A blacklisting ends by itself, at a time that was told.
bool blacklist_differs(const Face& a, const Face& b) {
  if (a.blacklisted_until && b.blacklisted_until) {
    return *a.blacklisted_until != *b.blacklisted_until;
  }
  const Face& without = a.blacklisted_until ? b : a;
  return without.at < a.blacklisted_until.value_or(b.blacklisted_until.value_or(0));
}

}  // namespace

std::set<std::string> Face::plates() const {
  std::set<std::string> all(batch.begin(), batch.end());
  all.insert(shortlist.begin(), shortlist.end());
  for (const std::string* plate : {&fallback, &reserved}) {
    if (!plate->empty()) {
      all.insert(*plate);
    }
  }
  return all;
}

Face read_face(const json::object& application) {
  Face face;
  face.vehicle = text_in(application, "vehicle");
  face.step = text_in(application, "step");
  face.office = text_in(application, "office");
  face.office_state = text_in(application, "office_state");
  face.at = number_in(application, "at");
  face.version = number_in(application, "version");
  face.draws_left = number_in(application, "draws_left");
  face.draw = number_in(application, "draw");
  face.batch_in = read_hold(application, "batch", face.batch);
  face.shortlist_in = read_hold(application, "shortlist", face.shortlist);
  face.fallback = text_in(application, "fallback");
  if (application.contains("verified_in_ms")) {
    face.verified_in = number_in(application, "verified_in_ms");
  }
  if (const json::object* const reservation = application.at("reservation").if_object()) {
    face.reserved = text_in(*reservation, "plate");
    face.deadline = text_in(*reservation, "deadline");
    face.automatic = reservation->at("auto").as_bool();
    face.voucher = text_in(*reservation, "voucher");
    face.sequence = number_in(*reservation, "sequence");
  }
  face.office_says = text_in(application, "office_name") + ", " + text_in(application, "terms") +
                     ", " + std::to_string(number_in(application, "blacklist_years"));
  if (application.contains("blacklisted_until")) {
    face.blacklisted_until = number_in(application, "blacklisted_until");
  }
  return face;
}

Face face_of(const ApplicationView& application) {
  std::string text;
  write_application(application, text);
  return read_face(json::parse(text).as_object());
}

std::string difference(const Face& a, const Face& b) {
  if (a.step != b.step) {
    return "step " + a.step + " and " + b.step;
  }
  if (a.draws_left != b.draws_left) {
    return "draws left";
  }
  if (a.draw != b.draw) {
    return "draw";
  }
  if (a.batch != b.batch) {
    return "batch";
  }
  if (a.shortlist != b.shortlist) {
    return "shortlist";
  }
  if (a.fallback != b.fallback) {
    return "fallback";
  }
  if (a.reserved != b.reserved) {
    return "reservation";
  }
  if (a.deadline != b.deadline) {
    return "deadline";
  }
  if (a.automatic != b.automatic || a.voucher != b.voucher || a.sequence != b.sequence) {
    return "voucher";
  }
  if (a.office_says != b.office_says) {
    return "what the office says, " + a.office_says + " and " + b.office_says;
  }
  if (blacklist_differs(a, b)) {
    return "blacklist";
  }
  return {};
}

}  // namespace plated
