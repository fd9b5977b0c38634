// Compressing what is made while the server runs. Pure.
#pragma once

#include <string>
#include <string_view>

namespace plated {

// `text` as a gzip file. The same text always gives the same bytes.
[[nodiscard]] std::string gzip_of(std::string_view text);

}  // namespace plated
