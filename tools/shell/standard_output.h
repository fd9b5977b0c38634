// What a program prints, and whether it arrived. Every program begins with hold_standard_streams()
// and ends with finish_output(), so that half an answer is never taken for a whole one. One thread.
#pragma once

#include <string_view>

namespace plated {

// Call before anything else: a standard stream that was closed (`>&-`) gets a stand-in that refuses
// to be read and written, so that no file or socket of the program's own takes its number.
void hold_standard_streams();

// Prints on the standard output; false when this or something before it could not be written.
bool print(std::string_view text);

// Writes what is still on its way. The program's exit status: `status`, or 1 in place of 0 when
// something printed could not be written, which is told with its reason in `program`'s name.
[[nodiscard]] int finish_output(std::string_view program, int status);

}  // namespace plated
