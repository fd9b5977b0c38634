// One connection to the web hook that sends SMS: HTTP/1.1 over TCP or TLS, kept open between
// messages. It blocks, so it belongs to a thread of the gateway, which is its only caller.
#pragma once

#include <memory>
#include <string>

#include "net/notices/sms_gateway.h"

namespace plated {

class SmsWebhook {
 public:
  // Connects with the first message. With TLS the peer must have a certificate for the URL's host,
  // from `authority` (a PEM file) or, if that is empty, from one that the system trusts; throws
  // std::exception when that cannot be read.
  SmsWebhook(const WebhookUrl& url, Millis timeout, const std::string& authority,
             const SmsForm& form = {});
  ~SmsWebhook();
  SmsWebhook(SmsWebhook&&) noexcept;

  // POSTs the message. Delivered after an answer of 2xx within the timeout (looking up the host's
  // name takes as long as the system lets it), whatever its body. If a connection that was kept
  // open turns out to be dead, tries once more with a new one: a message may arrive twice.
  [[nodiscard]] SmsTry post(const SmsMessage& message);

 private:
  class Link;
  std::unique_ptr<Link> link_;
};

}  // namespace plated
