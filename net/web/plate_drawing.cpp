#include "net/web/plate_drawing.h"

#include <cstdint>

#include "engine/check.h"
#include "net/web/page_assets.h"

namespace plated {
namespace {

// What stands between the tags of the symbol `id` of the asset.
std::string_view symbol(std::string_view id) {
  const std::string_view sprite = page_asset_named("plate.svg").bytes;
  std::string head = "<symbol id=\"";
  head.append(id).append("\">");
  const std::size_t at = sprite.find(head);
  check(at != std::string_view::npos, "every character of a plate is drawn");
  const std::size_t from = at + head.size();
  return sprite.substr(from, sprite.find("</symbol>", from) - from);
}

// How many bytes the first character of `text` takes; a province takes three, all others one.
std::size_t first_character(std::string_view text) {
  return static_cast<uint8_t>(text.front()) < 0x80 ? 1 : 3;
}

}  // namespace

void append_plate_drawing(std::string_view plate, PlateClass plate_class, std::string& out) {
  std::string_view frame = symbol(plate_class == PlateClass::small ? "plate-small" : "plate-large");
  out += "<svg class=\"plate\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 480 140\" ";
  out.append("role=\"img\" aria-label=\"").append(plate).append("\">");
  // The frame marks the place of each character by its number in braces, in their order.
  for (std::size_t place = frame.find('{'); place != std::string_view::npos && !plate.empty();
       place = frame.find('{')) {
    const std::size_t size = first_character(plate);
    out.append(frame.substr(0, place)).append(symbol(plate.substr(0, size)));
    plate.remove_prefix(size);
    frame.remove_prefix(frame.find('}') + 1);
  }
  check(plate.empty(), "a plate has as many characters as its drawing");
  out.append(frame).append("</svg>");
}

}  // namespace plated
