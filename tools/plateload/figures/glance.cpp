#include "tools/plateload/figures/glance.h"

#include <charconv>

namespace plated::load {
namespace {

// Up to the next quotation mark after `key`; empty where there is none.
std::string_view text_after(std::string_view text, std::string_view key) {
  const std::size_t found = text.find(key);
  if (found == std::string_view::npos) {
    return {};
  }
  text.remove_prefix(found + key.size());
  const std::size_t end = text.find('"');
  return end == std::string_view::npos ? std::string_view() : text.substr(0, end);
}

}  // namespace

Glance glance_at(std::string_view text) {
  constexpr std::string_view kId = R"({"id":)";
  Glance glance;
  if (text.starts_with(R"({"event":)")) {
    glance.kind = Glance::Kind::event;
    return glance;
  }
  const char* const end = text.data() + text.size();
  if (!text.starts_with(kId)) {
    return glance;
  }
  const auto [stop, error] = std::from_chars(text.data() + kId.size(), end, glance.id);
  const std::string_view rest(stop, static_cast<std::size_t>(end - stop));
  if (error != std::errc{}) {
    return glance;
  }
  if (rest.starts_with(R"(,"ok":{)")) {
    glance.kind = Glance::Kind::ok;
  } else if (rest.starts_with(R"(,"error":{)")) {
    glance.code = text_after(rest, R"("code":")");
    glance.kind = glance.code.empty() ? Glance::Kind::unclear : Glance::Kind::refusal;
  }
  return glance;
}

std::string_view first_plate(std::string_view text) {
  return text_after(text, R"("batch":{"plates":[")");
}

}  // namespace plated::load
