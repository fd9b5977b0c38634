#include "net/notices/sms_gateway.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <charconv>
#include <memory>
#include <utility>

#include "engine/check.h"
#include "engine/secret_memory.h"
#include "net/notices/sms_file.h"
#include "net/notices/sms_webhook.h"

namespace plated {
namespace {

// The longest pause between two tries, so that what waits shows soon that messages leave again.
constexpr Millis kRetryMost = std::chrono::seconds(15);
// The most that a receiver may ask us to wait.
constexpr Millis kPauseMost = std::chrono::minutes(10);
constexpr Millis kTendEvery = std::chrono::minutes(1);

std::string json_of(const SmsMessage& message) {
  return boost::json::serialize(
      boost::json::object{{"id", message.id}, {"to", message.to}, {"text", message.text}});
}

// As within the quotes of a JSON string.
std::string json_escaped(std::string_view text) {
  const std::string quoted = boost::json::serialize(boost::json::string(text));
  return quoted.substr(1, quoted.size() - 2);
}

std::string form_escaped(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                       c == '-' || c == '_' || c == '.' || c == '~';
    const auto byte = static_cast<unsigned char>(c);
    if (plain) {
      out += c;
    } else {
      out.append({'%', kDigits[byte >> 4], kDigits[byte & 15]});
    }
  }
  return out;
}

// Of one that was moved away, too: a short text leaves itself behind.
void forget(SmsMessage& message) {
  wipe(message.to);
  wipe(message.text);
}

bool is_port(std::string_view text) {
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port > 0;
}

}  // namespace

std::optional<WebhookUrl> parse_webhook_url(std::string_view url) {
  const bool tls = url.starts_with("https://");
  if (!tls && !url.starts_with("http://")) {
    return std::nullopt;
  }
  // Neither a space, a control byte nor a fragment, user or password has a place here.
  if (std::any_of(url.begin(), url.end(), [](char c) { return c <= ' ' || c == 0x7f; }) ||
      url.find('#') != std::string_view::npos) {
    return std::nullopt;
  }
  url.remove_prefix(tls ? 8 : 7);
  const std::size_t slash = std::min(url.find_first_of("/?"), url.size());
  std::string_view authority = url.substr(0, slash);
  if (authority.find('@') != std::string_view::npos) {
    return std::nullopt;
  }
  WebhookUrl parsed{tls, "", tls ? "443" : "80", std::string(url.substr(slash))};
  if (!parsed.target.starts_with('/')) {
    parsed.target.insert(0, "/");
  }
  if (authority.starts_with('[')) {
    const std::size_t close = authority.find(']');
    if (close == std::string_view::npos) {
      return std::nullopt;
    }
    parsed.host = authority.substr(1, close - 1);
    authority.remove_prefix(close + 1);
  } else {
    const std::size_t colon = std::min(authority.find(':'), authority.size());
    parsed.host = authority.substr(0, colon);
    authority.remove_prefix(colon);
  }
  if (!authority.empty()) {
    if (!authority.starts_with(':') || !is_port(authority.substr(1))) {
      return std::nullopt;
    }
    parsed.port = authority.substr(1);
  }
  if (parsed.host.empty()) {
    return std::nullopt;
  }
  return parsed;
}

std::string body_of(const SmsForm& form, const SmsMessage& message) {
  const bool is_form =
      std::any_of(form.headers.begin(), form.headers.end(), [](const auto& header) {
        return header.second.starts_with("application/x-www-form-urlencoded");
      });
  std::string body;
  for (std::size_t i = 0; i < form.body.size();) {
    bool replaced = false;
    for (const auto& [name, value] :
         {std::pair<std::string_view, const std::string&>{"{id}", message.id},
          {"{to}", message.to},
          {"{text}", message.text}}) {
      if (form.body.compare(i, name.size(), name) == 0) {
        body += is_form ? form_escaped(value) : json_escaped(value);
        i += name.size();
        replaced = true;
        break;
      }
    }
    if (!replaced) {
      body += form.body[i++];
    }
  }
  return body;
}

std::string signature_of(const SmsForm& form, std::string_view body) {
  crypto_auth_hmacsha256_state state;
  std::array<unsigned char, crypto_auth_hmacsha256_BYTES> mark{};
  crypto_auth_hmacsha256_init(&state, reinterpret_cast<const unsigned char*>(form.secret.data()),
                              form.secret.size());
  crypto_auth_hmacsha256_update(&state, reinterpret_cast<const unsigned char*>(body.data()),
                                body.size());
  crypto_auth_hmacsha256_final(&state, mark.data());
  std::array<char, 2 * mark.size() + 1> hex{};
  sodium_bin2hex(hex.data(), hex.size(), mark.data(), mark.size());
  return "sha256=" + std::string(hex.data());
}

SmsGateway::SmsGateway(const SmsGatewayOptions& options)
    : retry_after_(options.retry_after), complain_(options.complain) {
  switch (options.kind) {
    case SmsGatewayKind::none:
      start([](const SmsMessage&) { return SmsTry{.delivered = true}; });
      break;
    case SmsGatewayKind::file: {
      const auto file = std::make_shared<SmsFile>(
          SmsFileOptions{options.file, options.file_size_max, options.file_keep});
      tend_ = [this, file] {
        if (const std::string failed = file->tend(); !failed.empty() && complain_) {
          complain_(failed);
        }
      };
      start([file](const SmsMessage& message) {
        std::string failed = file->append(json_of(message));
        const bool delivered = failed.empty();
        return SmsTry{.delivered = delivered, .why = std::move(failed)};
      });
      break;
    }
    case SmsGatewayKind::webhook: {
      const std::optional<WebhookUrl> url = parse_webhook_url(options.webhook);
      check(url.has_value(), "the configuration has checked the URL of the web hook");
      check(options.connections > 0, "a web hook has at least one connection");
      std::vector<std::shared_ptr<SmsWebhook>> hooks;
      for (std::size_t i = 0; i < options.connections; ++i) {
        hooks.push_back(std::make_shared<SmsWebhook>(*url, options.timeout,
                                                     options.certificate_authority, options.form));
      }
      for (const auto& hook : hooks) {
        start([hook](const SmsMessage& message) { return hook->post(message); });
      }
      break;
    }
  }
}

SmsGateway::~SmsGateway() { stop(); }

void SmsGateway::start(Deliver deliver) {
  threads_.emplace_back([this, deliver = std::move(deliver)] { work(deliver); });
}

bool SmsGateway::submit(SmsMessage message, Callback callback, Millis patience) {
  {
    const std::lock_guard lock(mutex_);
    if (stopped_ || queue_.size() + later_.size() >= kSmsQueueMax) {
      return false;
    }
    if (!message.about.empty()) {
      latest_[message.about] = message.id;
    }
    queue_.push_back(
        {std::move(message), std::move(callback), Clock::now() + patience, retry_after_});
  }
  more_.notify_one();
  return true;
}

// Requires mutex_. When the next message may be tried; the end of time when there is none.
SmsGateway::Clock::time_point SmsGateway::next_due() const {
  Clock::time_point due = Clock::time_point::max();
  if (!queue_.empty()) {
    due = Clock::time_point::min();
  } else if (!later_.empty()) {
    due = later_.begin()->first;
  }
  return due == Clock::time_point::max() ? due : std::max(due, not_before_);
}

// Requires mutex_, and something that is due.
SmsGateway::Task SmsGateway::take_due() {
  const auto first = later_.begin();
  Task task;
  if (first != later_.end() && (queue_.empty() || first->first <= Clock::now())) {
    task = std::move(first->second);
    later_.erase(first);
  } else {
    task = std::move(queue_.front());
    forget(queue_.front().message);
    queue_.pop_front();
  }
  return task;
}

// Requires mutex_. Another message about the same has come since.
bool SmsGateway::is_outdated(const Task& task) const {
  const auto latest = latest_.find(task.message.about);
  return latest != latest_.end() && latest->second != task.message.id;
}

std::optional<SmsGateway::Task> SmsGateway::next() {
  std::unique_lock lock(mutex_);
  while (!stopped_) {
    if (tend_ && next_tend_ <= Clock::now()) {
      next_tend_ = Clock::now() + kTendEvery;
      lock.unlock();
      tend_();
      lock.lock();
      continue;
    }
    const Clock::time_point due = next_due();
    const Clock::time_point wake = tend_ ? std::min(due, next_tend_) : due;
    if (wake == Clock::time_point::max()) {
      more_.wait(lock);
    } else if (due > Clock::now()) {
      more_.wait_until(lock, wake);
    } else {
      Task task = take_due();
      // Another thread looks after what is left while this one sends.
      more_.notify_one();
      if (!is_outdated(task)) {
        return task;
      }
      lock.unlock();
      finish(task, false);
      forget(task.message);
      lock.lock();
    }
  }
  return std::nullopt;
}

// Puts a task that failed aside until its next try; false when its time is over.
bool SmsGateway::try_later(Task& task, Millis retry_after) {
  const Clock::time_point due = Clock::now() + std::max(task.retry_after, retry_after);
  {
    const std::lock_guard lock(mutex_);
    if (stopped_ || due > task.give_up) {
      return false;
    }
    task.retry_after = std::min(task.retry_after * 2, std::max(kRetryMost, retry_after_));
    later_.emplace(due, std::move(task));
  }
  ++failed_;
  // Whoever waits may wait for something later, or for nothing.
  more_.notify_one();
  return true;
}

void SmsGateway::note(const SmsTry& outcome, Clock::time_point began) {
  {
    const std::lock_guard lock(mutex_);
    if (outcome.delivered) {
      failing_since_.reset();
      last_failure_.clear();
      return;
    }
    failing_since_ = failing_since_.value_or(began);
    last_failure_ = outcome.why;
    if (outcome.leave_alone) {
      not_before_ = std::max(not_before_, Clock::now() + std::min(outcome.retry_after, kPauseMost));
    }
  }
  if (complain_) {
    complain_(outcome.why);
  }
}

void SmsGateway::finish(const Task& task, bool delivered) {
  ++(delivered ? sent_ : failed_);
  if (!task.message.about.empty()) {
    const std::lock_guard lock(mutex_);
    if (!is_outdated(task)) {
      latest_.erase(task.message.about);
    }
  }
  if (task.callback) {
    task.callback(delivered);
  }
}

void SmsGateway::work(const Deliver& deliver) {
  while (std::optional<Task> task = next()) {
    if (task->message.wanted && !task->message.wanted()) {
      finish(*task, false);
    } else {
      const Clock::time_point began = Clock::now();
      const SmsTry outcome = deliver(task->message);
      note(outcome, began);
      if (outcome.delivered || !try_later(*task, outcome.retry_after)) {
        finish(*task, outcome.delivered);
      }
    }
    forget(task->message);
    wipe_stack();
  }
}

void SmsGateway::stop() {
  std::deque<Task> left;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    left.swap(queue_);
    for (auto& [due, task] : later_) {
      left.push_back(std::move(task));
    }
    later_.clear();
  }
  more_.notify_all();
  for (const Task& task : left) {
    finish(task, false);
  }
  for (std::thread& thread : threads_) {
    if (thread.joinable()) {
      thread.join();
    }
  }
}

SmsCounts SmsGateway::counts() const {
  const std::lock_guard lock(mutex_);
  SmsCounts counts{sent_.load(), failed_.load(), queue_.size() + later_.size(), last_failure_, {}};
  if (failing_since_) {
    counts.nothing_left_for = std::chrono::duration_cast<Millis>(Clock::now() - *failing_since_);
  }
  return counts;
}

std::optional<Millis> SmsGateway::held_up() const {
  const std::lock_guard lock(mutex_);
  const Clock::time_point now = Clock::now();
  // What nobody waits with is tried with the next message.
  if (!failing_since_ || now - *failing_since_ < kHeldUpAfter ||
      (queue_.empty() && later_.empty())) {
    return std::nullopt;
  }
  const Clock::time_point next = std::clamp(next_due(), now, now + kRetryMost);
  return std::chrono::ceil<std::chrono::seconds>(next - now) + std::chrono::seconds(1);
}

}  // namespace plated
