// The drawing of a plate for pages that the server writes: the same picture as the web page's,
// which is described in net/page/src/plate/ and embedded as the asset "plate.svg".
#pragma once

#include <string>
#include <string_view>

#include "engine/plate.h"

namespace plated {

// Appends `plate`, such as 粤BD12345, as an svg element of class "plate" that is named by the plain
// text and scales to any size. `plate` is the text of a valid plate of `plate_class`. At most one
// plate of each class belongs on a page: the element defines its colours under a fixed id.
void append_plate_drawing(std::string_view plate, PlateClass plate_class, std::string& out);

}  // namespace plated
