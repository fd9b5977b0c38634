// Text inside HTML. Pure.
#pragma once

#include <string>
#include <string_view>

namespace plated {

// Appends `text`, escaped for use between tags and inside a quoted attribute.
void append_escaped(std::string_view text, std::string& out);

}  // namespace plated
