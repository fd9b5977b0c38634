#include "net/personal_data.h"

#include <algorithm>

namespace plated {
namespace {

bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }

// Keeps so many bytes at both ends if the text is long enough for that to hide something.
std::string masked(std::string_view text, std::size_t head, std::size_t tail,
                   std::size_t asterisks) {
  if (text.size() < head + tail + 2) {
    head = 0;
    tail = text.size() / 3;
  }
  return std::string(text.substr(0, head)) + std::string(asterisks, '*') +
         std::string(text.substr(text.size() - tail));
}

}  // namespace

std::string masked_phone(std::string_view phone) { return masked(phone, 3, 4, 4); }

std::string masked_name(std::string_view name) {
  const auto characters =
      static_cast<std::size_t>(std::count_if(name.begin(), name.end(), begins_character));
  if (characters == 0) return {};
  std::size_t size = 1;
  while (size < name.size() && !begins_character(name[size])) ++size;
  return std::string(name.substr(0, size)) +
         std::string(std::min<std::size_t>(characters - 1, 8), '*');
}

std::string masked_id(std::string_view id) {
  return masked(id, 3, 4, id.size() > 9 ? id.size() - 7 : 4);
}

}  // namespace plated
