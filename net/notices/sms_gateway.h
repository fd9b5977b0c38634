// Hands messages to whoever sends SMS: a file, one JSON object a line, or a web hook, one HTTP POST
// each, both of `{"id","to","text"}` unless the configuration has a form of its own. It tries each
// message once and says whether that worked; trying again is the caller's, unless they ask for it
// here. So a message may arrive twice, and its `id` tells. What a message says is never logged
// here; why one did not leave is told to whoever looks after the server.
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
#include <utility>
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
  std::string about =
      {};  // of two about the same only the later is sent; empty: about nothing else
  // Asked before each try, on a thread of the gateway; false: it is dropped, as not delivered,
  // since whom it is for was erased meanwhile. Empty: it is sent in any case.
  std::function<bool()> wanted = {};
};

// How one try ended.
struct SmsTry {
  bool delivered = false;
  std::string why = {};      // when it was not: what failed, in words
  Millis retry_after{};      // at least so long before the message is tried again
  bool leave_alone = false;  // for so long no other is tried, either: the receiver asked for it
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

// What a web hook is sent. In `body` {id}, {to} and {text} stand for the parts of the message. They
// are written as within a JSON string, or as in a form if the header Content-Type says so.
struct SmsForm {
  std::string body = R"({"id":"{id}","to":"{to}","text":"{text}"})";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string secret;  // of the signature: HMAC-SHA256 of the body; empty: none
};
[[nodiscard]] std::string body_of(const SmsForm& form, const SmsMessage& message);
// What X-Plated-Signature says: sha256= and 64 hex digits.
[[nodiscard]] std::string signature_of(const SmsForm& form, std::string_view body);

struct SmsGatewayOptions {
  SmsGatewayKind kind = SmsGatewayKind::none;
  std::string file;  // path; see SmsFile
  uint64_t file_size_max = uint64_t{64} << 20;
  Millis file_keep = std::chrono::hours(72);
  std::string webhook;                        // URL
  std::size_t connections = 8;                // to the web hook at once, one thread each
  Millis timeout = std::chrono::seconds(10);  // for one message, from connecting to the answer
  std::string certificate_authority;          // PEM file to trust for https; empty: the system's
  SmsForm form{};                             // of what the web hook is sent
  // Told of every try that failed, with the receiver and the reason; on a thread of the gateway.
  std::function<void(const std::string& why)> complain = {};
  Millis retry_after = std::chrono::seconds(1);  // the first time; then twice as long each time
};

// Counts since the start, and what waits now.
struct SmsCounts {
  uint64_t sent = 0;
  uint64_t failed = 0;
  uint64_t queued = 0;
  std::string last_failure;   // why the last try failed, if none has worked since
  Millis nothing_left_for{};  // since when, at least
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

  // How long to wait before another message is worth a try: nothing has left for kHeldUpAfter, and
  // those that wait are being tried. Nothing: they leave, or none waits to show it.
  [[nodiscard]] std::optional<Millis> held_up() const;
  static constexpr Millis kHeldUpAfter = std::chrono::seconds(30);

 private:
  using Clock = std::chrono::steady_clock;
  struct Task {
    SmsMessage message;
    Callback callback;
    Clock::time_point give_up;
    Millis retry_after;
  };
  // Each delivers one message and says how that went; a thread has its own.
  using Deliver = std::function<SmsTry(const SmsMessage& message)>;
  void start(Deliver deliver);
  void work(const Deliver& deliver);
  std::optional<Task> next();
  [[nodiscard]] Clock::time_point next_due() const;
  Task take_due();
  bool is_outdated(const Task& task) const;
  bool try_later(Task& task, Millis retry_after);
  void note(const SmsTry& outcome, Clock::time_point began);
  void finish(const Task& task, bool delivered);

  mutable std::mutex mutex_;  // not Guarded: `more_` waits with it
  std::condition_variable more_;
  std::deque<Task> queue_;
  std::multimap<Clock::time_point, Task> later_;  // what failed, by when it is tried again
  std::map<std::string, std::string> latest_;     // what a message is about, its id
  Clock::time_point not_before_{};                // the receiver wants to be left alone until then
  std::optional<Clock::time_point> failing_since_;
  std::string last_failure_;
  const Millis retry_after_;
  const std::function<void(const std::string&)> complain_;
  bool stopped_ = false;
  std::atomic<uint64_t> sent_{0};
  std::atomic<uint64_t> failed_{0};
  // What the file needs now and then; only its thread calls it.
  std::function<void()> tend_;
  Clock::time_point next_tend_{};
  std::vector<std::thread> threads_;
};

}  // namespace plated
