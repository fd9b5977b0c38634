// What tests of the SMS gateway share.
#pragma once

#include <future>
#include <memory>
#include <string>

#include "net/notices/sms_gateway.h"

namespace plated {

// Sends one message and waits for its callback.
inline bool send(SmsGateway& gateway, const std::string& id, const std::string& text = "您的验证码",
                 Millis patience = {}) {
  auto told = std::make_shared<std::promise<bool>>();
  const auto tell = [told](bool ok) { told->set_value(ok); };
  if (!gateway.submit({id, "13800000000", text}, tell, patience)) {
    return false;
  }
  return told->get_future().get();
}

}  // namespace plated
