// Whether SMS would leave, as far as anybody can tell without sending one.
#pragma once

#include <string>

#include "net/notices/sms_gateway.h"

namespace plated {

// Why none would; empty: nothing speaks against it. A gateway whose last message did not leave does
// not work, whatever else is found. A file must be one that can be appended to; a web hook must be
// there: it is connected to, for at most `patience`, and nothing is sent.
[[nodiscard]] std::string gateway_problem(const SmsGatewayOptions& options, const SmsCounts& counts,
                                          Millis patience = std::chrono::seconds(2));

}  // namespace plated
