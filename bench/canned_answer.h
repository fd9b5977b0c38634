// What the servers answer that plated is measured against: an application in pick, as long as
// plated's own answer to a draw, to the byte. Nothing is parsed for it that need not be.
#pragma once

#include <string>
#include <string_view>

namespace plated::bench {

inline constexpr std::string_view kBeforeVehicle = R"(,"ok":{"vehicle":")";
inline constexpr std::string_view kBeforeDraw =
    R"(","office":"粤B","office_name":"粤B","class":"small","power":"electric","step":"pick",)"
    R"("draws_left":59999,"draw":)";
inline constexpr std::string_view kBeforeVersion =
    R"(,"batch":{"plates":["粤BD10321","粤BDA0322","粤BD10323","粤BD10324","粤BD10325","粤BD10326",)"
    R"("粤BD10327","粤BD10328","粤BD10329","粤BD10330"],"expires_in_ms":3600000},"shortlist":null,)"
    R"("reservation":null,"office_state":"open","terms":"2026-01","blacklist_years":2,)"
    R"("at":1790000000123,"version":)";
inline constexpr std::string_view kAfterVersion =
    R"(,"verified_in_ms":1800000,"deadline_if_confirmed":"2026-12-02"}})";

// The text after `key` up to `end`; empty where there is none.
inline std::string_view field(std::string_view text, std::string_view key, char end) {
  const std::size_t at = text.find(key);
  if (at == std::string_view::npos) {
    return {};
  }
  text.remove_prefix(at + key.size());
  return text.substr(0, text.find(end));
}

// Appends the answer to `request`, which is as plateload writes them: it bears the request's id,
// its vehicle, and its draw, which is the version as well.
inline void put_canned_answer(std::string_view request, std::string& out) {
  const std::string_view id = field(request, R"("id":)", ',');
  const std::string_view vehicle = field(request, R"("vehicle":")", '"');
  const std::string_view asked = field(request, R"("draw":)", ',');
  const std::string_view draw = asked.empty() ? "0" : asked;
  out.append(R"({"id":)").append(id).append(kBeforeVehicle).append(vehicle).append(kBeforeDraw);
  out.append(draw).append(kBeforeVersion).append(draw).append(kAfterVersion);
}

}  // namespace plated::bench
