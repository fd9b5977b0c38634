#include "net/notices/sms_gateway.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cerrno>
#include <charconv>
#include <memory>
#include <utility>

#include "engine/check.h"
#include "net/notices/sms_webhook.h"

namespace plated {
namespace {

std::string json_of(const SmsMessage& message) {
  return boost::json::serialize(
      boost::json::object{{"id", message.id}, {"to", message.to}, {"text", message.text}});
}

// The file of the gateway `file`. What is written is with the operating system, not synced: a sync
// here would stand in the way of the log's, and a code is worth nothing after a restart anyway.
class SmsFile {
 public:
  explicit SmsFile(std::string path) : path_(std::move(path)) {}
  SmsFile(const SmsFile&) = delete;
  SmsFile& operator=(const SmsFile&) = delete;
  ~SmsFile() {
    if (fd_ >= 0) {
      ::close(fd_);
    }
  }

  // Appends a line, whole or not at all as far as a reader of lines can see.
  bool append(std::string line) {
    if (fd_ < 0 && !open()) {
      return false;
    }
    line.push_back('\n');
    if (torn_) {
      line.insert(line.begin(), '\n');
    }
    std::string_view rest = line;
    while (!rest.empty()) {
      const ssize_t put = ::write(fd_, rest.data(), rest.size());
      if (put < 0 && errno == EINTR) {
        continue;
      }
      if (put < 0) {
        torn_ = torn_ || rest.size() < line.size();
        return false;
      }
      rest.remove_prefix(static_cast<std::size_t>(put));
    }
    torn_ = false;
    return true;
  }

 private:
  bool open() {
    fd_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (fd_ < 0) {
      return false;
    }
    // A crash may have left half a line; the next one begins on its own.
    char last = '\n';
    const off_t size = ::lseek(fd_, 0, SEEK_END);
    torn_ = size > 0 && ::pread(fd_, &last, 1, size - 1) == 1 && last != '\n';
    return true;
  }

  std::string path_;
  int fd_ = -1;
  bool torn_ = false;
};

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

SmsGateway::SmsGateway(const SmsGatewayOptions& options) : retry_after_(options.retry_after) {
  switch (options.kind) {
    case SmsGatewayKind::none:
      start([](const SmsMessage&) { return true; });
      break;
    case SmsGatewayKind::file: {
      auto file = std::make_shared<SmsFile>(options.file);
      start([file](const SmsMessage& message) { return file->append(json_of(message)); });
      break;
    }
    case SmsGatewayKind::webhook: {
      const std::optional<WebhookUrl> url = parse_webhook_url(options.webhook);
      check(url.has_value(), "the configuration has checked the URL of the web hook");
      check(options.connections > 0, "a web hook has at least one connection");
      std::vector<std::shared_ptr<SmsWebhook>> hooks;
      for (std::size_t i = 0; i < options.connections; ++i) {
        hooks.push_back(
            std::make_shared<SmsWebhook>(*url, options.timeout, options.certificate_authority));
      }
      for (const auto& hook : hooks) {
        start([hook](const SmsMessage& message) { return hook->post(json_of(message)); });
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
    queue_.push_back(
        {std::move(message), std::move(callback), Clock::now() + patience, retry_after_});
  }
  more_.notify_one();
  return true;
}

std::optional<SmsGateway::Task> SmsGateway::next() {
  std::unique_lock lock(mutex_);
  while (!stopped_) {
    const auto first = later_.begin();
    const bool due = first != later_.end() && first->first <= Clock::now();
    if (due || !queue_.empty()) {
      Task task = std::move(due ? first->second : queue_.front());
      if (due) {
        later_.erase(first);
      } else {
        queue_.pop_front();
      }
      // Another thread looks after what is left while this one sends.
      more_.notify_one();
      return task;
    }
    if (first == later_.end()) {
      more_.wait(lock);
    } else {
      const Clock::time_point until = first->first;
      more_.wait_until(lock, until);
    }
  }
  return std::nullopt;
}

// Puts a task that failed aside until its next try; false when its time is over.
bool SmsGateway::try_later(Task& task) {
  const Clock::time_point due = Clock::now() + task.retry_after;
  {
    const std::lock_guard lock(mutex_);
    if (stopped_ || due > task.give_up) {
      return false;
    }
    task.retry_after *= 2;
    later_.emplace(due, std::move(task));
  }
  ++failed_;
  // Whoever waits may wait for something later, or for nothing.
  more_.notify_one();
  return true;
}

void SmsGateway::finish(const Task& task, bool delivered) {
  ++(delivered ? sent_ : failed_);
  if (task.callback) {
    task.callback(delivered);
  }
}

void SmsGateway::work(const Deliver& deliver) {
  while (std::optional<Task> task = next()) {
    const bool delivered = deliver(task->message);
    if (delivered || !try_later(*task)) {
      finish(*task, delivered);
    }
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
  return {sent_.load(), failed_.load(), queue_.size() + later_.size()};
}

}  // namespace plated
