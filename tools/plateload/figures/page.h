// The report as one page that needs nothing else: no script, no font, no network. Light or dark as
// the reader likes, and made to be printed.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <string>

namespace plated::load {

// Whether `value` is a report of this program, of any version whose page can be written.
[[nodiscard]] bool is_report(const boost::json::value& value);

// The page of `report`, beside the earlier one `before` where there is one. Both are reports.
[[nodiscard]] std::string report_page(const boost::json::object& report,
                                      const boost::json::object* before);

}  // namespace plated::load
