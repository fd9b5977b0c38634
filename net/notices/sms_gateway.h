// Hands messages to whoever sends SMS: a file, one JSON object a line, or a web hook, one HTTP POST
// each, both of `{"id","to","text"}`. It tries each message once and says whether that worked;
// trying again is up to the caller, who may ask for it here. So a message may arrive twice, and its
// `id` tells. What a message says is never logged here.
//
// Threads of its own do the work. Any thread may submit; nothing there waits for a file or a peer.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "engine/types.h"

namespace plated {

enum class SmsGatewayKind : uint8_t {
  none,  // a rehearsal: nothing leaves, everything counts as delivered
  file,
  webhook,
};

inline constexpr std::size_t kSmsQueueMax = 65'536;  // messages that wait for a thread

struct SmsMessage {
  std::string id;  // for the receiver, to drop repeats
  std::string to;  // a phone
  std::string text;
};

// Where a web hook lives: http or https, a host, a port, and the path with its query.
struct WebhookUrl {
  bool tls = false;
  std::string host;
  std::string port;
  std::string target;
};

// Reads http://host[:port][/path]; nothing if it is not of that form. IPv6 stands in brackets.
[[nodiscard]] std::optional<WebhookUrl> parse_webhook_url(std::string_view url);

struct SmsGatewayOptions {
  SmsGatewayKind kind = SmsGatewayKind::none;
  std::string file;                              // path; made with mode 0600, appended to
  std::string webhook;                           // URL
  std::size_t connections = 8;                   // to the web hook at once, one thread each
  Millis timeout = std::chrono::seconds(10);     // for one message, from connecting to the answer
  std::string certificate_authority;             // PEM file to trust for https; empty: the system's
  Millis retry_after = std::chrono::seconds(1);  // the first time; then twice as long each time
};

// Counts since the start, and what waits now.
struct SmsCounts {
  uint64_t sent = 0;
  uint64_t failed = 0;
  uint64_t queued = 0;
};

class SmsGateway {
 public:
  using Callback = std::function<void(bool delivered)>;

  // Requires a URL that parse_webhook_url accepts, if the kind is `webhook`. The file is opened
  // with its first message; that it cannot be written is a message not delivered.
  // Throws std::exception when the certificate authority cannot be read.
  explicit SmsGateway(const SmsGatewayOptions& options);
  SmsGateway(const SmsGateway&) = delete;
  SmsGateway& operator=(const SmsGateway&) = delete;
  // As stop().
  ~SmsGateway();

  // Queues a message. `callback` is called exactly once, on a thread of the gateway (or in stop);
  // it must not block and not throw. False, and no callback, when the queue is full or the gateway
  // has stopped. A message that fails is tried again after 1 s, 2 s, 4 s … as long as `patience`
  // lasts, counted from now; only how it ended is called back.
  [[nodiscard]] bool submit(SmsMessage message, Callback callback, Millis patience = {});

  // Finishes what is being sent; what still waits is called back, here, as not delivered. Returns
  // when every callback has returned. Not from a callback.
  void stop();

  [[nodiscard]] SmsCounts counts() const;

 private:
  using Clock = std::chrono::steady_clock;
  struct Task {
    SmsMessage message;
    Callback callback;
    Clock::time_point give_up;
    Millis retry_after;
  };
  // Each delivers one message and says whether it arrived; a thread has its own.
  using Deliver = std::function<bool(const SmsMessage& message)>;
  void start(Deliver deliver);
  void work(const Deliver& deliver);
  std::optional<Task> next();
  bool try_later(Task& task);
  void finish(const Task& task, bool delivered);

  mutable std::mutex mutex_;
  std::condition_variable more_;
  std::deque<Task> queue_;
  std::multimap<Clock::time_point, Task> later_;  // what failed, by when it is tried again
  const Millis retry_after_;
  bool stopped_ = false;
  std::atomic<uint64_t> sent_{0};
  std::atomic<uint64_t> failed_{0};
  std::vector<std::thread> threads_;
};

}  // namespace plated
