#include "tools/plateload_client.h"

#include <algorithm>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/websocket.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <utility>

#include "engine/check.h"

namespace plated {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;

using Clock = std::chrono::steady_clock;
using Tcp = asio::ip::tcp;
// The concrete executor instead of any_io_executor, and no timeouts of Beast's: one sweep does it.
using Socket = asio::basic_stream_socket<Tcp, asio::io_context::executor_type>;
using Timer =
    asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, asio::io_context::executor_type>;
using Stream = websocket::stream<Socket, false>;

constexpr auto kForever = Clock::time_point::max();
constexpr std::size_t kFrameMax = 256 * 1024;
constexpr auto kTicketLife = std::chrono::hours(12);

int64_t micros_since(Clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start).count();
}

// What one thread's connections share.
struct Lane {
  const Load& load;
  Tally& tally;
  asio::io_context& context;
  Tcp::endpoint server;
  MessageReader reader;
  std::size_t busy = 0;  // connections that still have an errand
};

// One connection: it outlives the streams it makes, one after another. A stream is replaced only
// when none of its operations is outstanding any more.
class Connection {
 public:
  Connection(Lane& lane, std::size_t number)
      : lane_(lane), number_(number), timer_(lane.context.get_executor()) {}

  void start() {
    ++lane_.busy;
    next_errand();
  }

  // Drops what has taken too long; with `all`, everything.
  void sweep(Clock::time_point now, bool all) {
    if (all) {
      leaving_ = true;
      timer_.cancel();
    }
    if (stream_ && (all || now >= deadline_)) {
      deadline_ = kForever;
      close_socket();
    }
  }

 private:
  enum class After : uint8_t { nothing, reconnect, next_errand };

  void next_errand();
  void connect();
  void upgrade();
  void read();
  void write();
  void act(Action action);
  void on_frame();
  void note(const Message& message);
  void note_document(const Message& message, std::string_view op);
  void on_end(const Action& action);
  void lost(const char* what, const beast::error_code& error);
  void leave(After after, bool politely);
  void settle();
  void close_socket();
  void set_deadline() {
    deadline_ = Clock::now() + std::chrono::milliseconds(lane_.load.options.give_up_ms);
  }

  Lane& lane_;
  const std::size_t number_;
  Timer timer_;
  std::optional<Stream> stream_;
  beast::flat_buffer buffer_;
  websocket::response_type response_;
  std::optional<Errand> errand_;
  std::optional<Walk> walk_;
  std::string out_;
  std::string next_out_;
  Op op_ = Op::enter;
  Clock::time_point asked_at_{};
  Clock::time_point deadline_ = kForever;
  int64_t reconnect_after_ms_ = 0;
  int outstanding_ = 0;  // operations of the stream that have not completed
  After after_ = After::nothing;
  bool dropping_ = false;
  bool writing_ = false;
  bool leaving_ = false;
};

void Connection::next_errand() {
  if (!leaving_) {
    errand_ = lane_.load.errands.next();
  }
  if (leaving_ || !errand_) {
    errand_.reset();
    --lane_.busy;
    return;
  }
  walk_.emplace(errand_->vehicle, errand_->plan);
  connect();
}

void Connection::connect() {
  check(outstanding_ == 0, "a stream is replaced when nothing of it is outstanding");
  stream_.emplace(lane_.context.get_executor());
  buffer_.clear();
  next_out_.clear();
  dropping_ = false;
  writing_ = false;
  after_ = After::nothing;
  asked_at_ = Clock::now();
  set_deadline();
  beast::error_code error;
  Socket& socket = stream_->next_layer();
  socket.open(lane_.server.protocol(), error);
  const uint32_t sources = lane_.load.options.source_addresses;
  if (!error && sources > 1) {
    const auto source = static_cast<uint32_t>(0x7F000001 + number_ % sources);
    socket.bind(Tcp::endpoint(asio::ip::address_v4(source), 0), error);
  }
  if (error) {
    lost("open", error);
    return;
  }
  ++outstanding_;
  socket.async_connect(lane_.server, [this](beast::error_code failed) {
    --outstanding_;
    if (failed || dropping_ || leaving_) {
      lost("connect", failed);
      return;
    }
    upgrade();
  });
}

void Connection::upgrade() {
  beast::error_code ignored;
  stream_->next_layer().set_option(Tcp::no_delay(true), ignored);
  stream_->read_message_max(kFrameMax);
  const auto expires = std::chrono::floor<Millis>(std::chrono::system_clock::now()) + kTicketLife;
  const std::string bearer =
      "Bearer " + make_ticket(lane_.load.key, errand_->owner, CivilTime(expires));
  stream_->set_option(websocket::stream_base::decorator([&](websocket::request_type& request) {
    request.set(beast::http::field::authorization, bearer);
    request.set(beast::http::field::sec_websocket_protocol, "plated.v1");
  }));
  const LoadOptions& options = lane_.load.options;
  response_ = {};
  ++outstanding_;
  stream_->async_handshake(
      response_, options.host + ":" + options.port, options.target,
      [this](beast::error_code failed) {
        --outstanding_;
        const unsigned status = response_.result_int();
        if (failed == websocket::error::upgrade_declined && status >= 400 && status < 500) {
          Action refused;
          refused.kind = Action::Kind::finish;
          refused.why = "the upgrade was refused with status " + std::to_string(status);
          act(std::move(refused));
          return;
        }
        if (failed || dropping_ || leaving_) {
          lost("upgrade", failed);
          return;
        }
        lane_.tally.change([&](Counts& counts) { counts.connect.record(micros_since(asked_at_)); });
        stream_->text(true);
        read();
        act(walk_->on_connected());
      });
}

void Connection::read() {
  ++outstanding_;
  stream_->async_read(buffer_, [this](beast::error_code failed, std::size_t) {
    --outstanding_;
    if (failed || dropping_ || leaving_) {
      lost("read", failed);
      return;
    }
    on_frame();
  });
}

void Connection::write() {
  writing_ = true;
  ++outstanding_;
  stream_->async_write(asio::buffer(out_), [this](beast::error_code failed, std::size_t) {
    --outstanding_;
    writing_ = false;
    if (failed || dropping_ || leaving_) {
      lost("write", failed);
      return;
    }
    // An answer may arrive before the write that asked for it has been told of.
    if (!next_out_.empty()) {
      out_ = std::move(next_out_);
      next_out_.clear();
      write();
    }
  });
}

void Connection::act(Action action) {
  switch (action.kind) {
    case Action::Kind::send:
      op_ = action.op;
      asked_at_ = Clock::now();
      set_deadline();
      (writing_ ? next_out_ : out_) = std::move(action.text);
      if (!writing_) {
        write();
      }
      return;
    case Action::Kind::pause:
      timer_.expires_after(std::chrono::milliseconds(action.after_ms));
      deadline_ = kForever;
      timer_.async_wait([this](beast::error_code failed) {
        if (!failed && !dropping_ && !leaving_) {
          act(walk_->on_pause_over());
        }
      });
      return;
    case Action::Kind::listen:
      return;
    case Action::Kind::reconnect:
      reconnect_after_ms_ = action.after_ms;
      leave(After::reconnect, false);
      return;
    case Action::Kind::finish:
      on_end(action);
      leave(After::next_errand, true);
      return;
  }
}

void Connection::on_frame() {
  const std::string_view frame(static_cast<const char*>(buffer_.data().data()), buffer_.size());
  const auto message = lane_.reader.read(frame);
  buffer_.clear();
  if (!message) {
    Action unreadable;
    unreadable.kind = Action::Kind::finish;
    unreadable.why = "a frame that is none of the protocol";
    act(std::move(unreadable));
    return;
  }
  note(*message);
  if (lane_.load.broken.load(std::memory_order_relaxed)) {
    // Not acknowledged as far as the journal knows, so not acted upon; the sweep ends this.
    read();
    return;
  }
  Action action = walk_->on_message(*message);
  if (!walk_->is_asking()) {
    // Nothing is due; but a push that never comes must not hold the walk for ever.
    const std::chrono::milliseconds patience(lane_.load.options.give_up_ms);
    deadline_ = std::max(Clock::now() + 4 * patience, timer_.expiry() + patience);
  }
  const bool goes_on =
      action.kind != Action::Kind::finish && action.kind != Action::Kind::reconnect;
  if (goes_on) {
    read();
  }
  act(std::move(action));
}

// Counts the message and writes down what it acknowledges, before anything is done with it.
void Connection::note(const Message& message) {
  const bool answers = message.kind == MessageKind::answer || message.kind == MessageKind::refusal;
  lane_.tally.change([&](Counts& counts) {
    if (answers) {
      counts.ops[static_cast<std::size_t>(op_)].record(micros_since(asked_at_));
    }
    if (message.kind == MessageKind::refusal) {
      ++counts.refusals[message.code];
    }
    counts.pushed += message.kind == MessageKind::application ? 1 : 0;
  });
  if (message.document) {
    note_document(message, answers ? name_of(op_) : "push");
  }
}

void Connection::note_document(const Message& message, std::string_view op) {
  const Document& document = *message.document;
  const bool matters = op != "enter" || document.reservation || document.draw > 0;
  if (lane_.load.journal.is_open() && matters &&
      !lane_.load.journal.write(errand_->owner, op, message.raw_document)) {
    lane_.load.broken = true;
    lane_.tally.change([](Counts& counts) { counts.add_reason("the journal cannot be written"); });
    return;
  }
  const std::string broken = errand_->oracle.tell(document);
  if (!broken.empty()) {
    lane_.tally.change([&](Counts& counts) {
      ++counts.violations;
      counts.add_reason(errand_->owner + ": " + broken);
    });
  }
  // While others walk, only what is reserved stays; when nobody draws, holds must not overlap
  // either.
  if (!document.reservation && !errand_->plan.look_only) {
    return;
  }
  for (const std::string& plate : plates_of(document)) {
    const std::string other = lane_.load.ledger.claim(plate, errand_->owner);
    if (!other.empty()) {
      lane_.tally.change([&](Counts& counts) {
        ++counts.two_owners;
        counts.add_reason(plate + " belongs to " + other + " and to " + errand_->owner);
      });
    }
  }
}

void Connection::on_end(const Action& action) {
  const auto& document = walk_->document();
  const bool automatic = action.end == WalkEnd::confirmed && document && document->reservation &&
                         document->reservation->automatic;
  lane_.tally.change([&](Counts& counts) {
    ++counts.ends[static_cast<std::size_t>(action.end)];
    counts.automatic += automatic ? 1 : 0;
    if (action.end == WalkEnd::failed) {
      counts.add_reason(errand_->owner + ": " + action.why);
    }
  });
}

// The first operation that fails tells; the others only complete.
void Connection::lost(const char* what, const beast::error_code& error) {
  if (dropping_) {
    settle();
    return;
  }
  if (leaving_) {
    leave(After::next_errand, false);
    return;
  }
  lane_.tally.change([](Counts& counts) { ++counts.lost; });
  timer_.cancel();
  act(walk_->on_lost(std::string(what) + ": " + error.message()));
}

void Connection::leave(After after, bool politely) {
  dropping_ = true;
  after_ = after;
  timer_.cancel();
  if (politely && stream_->is_open()) {
    set_deadline();
    ++outstanding_;
    stream_->async_close(websocket::close_code::normal, [this](beast::error_code) {
      --outstanding_;
      settle();
    });
    return;
  }
  close_socket();
  settle();
}

// Once nothing of the stream is outstanding: what was meant to come after it.
void Connection::settle() {
  if (outstanding_ > 0) {
    return;
  }
  deadline_ = kForever;
  const After after = std::exchange(after_, After::nothing);
  if (after == After::next_errand || (after == After::reconnect && leaving_)) {
    // Not from within a handler that may still be on the stack of the stream.
    asio::post(lane_.context, [this] { next_errand(); });
  }
  if (after != After::reconnect || leaving_) {
    return;
  }
  timer_.expires_after(std::chrono::milliseconds(reconnect_after_ms_));
  timer_.async_wait([this](beast::error_code) { leaving_ ? next_errand() : connect(); });
}

void Connection::close_socket() {
  beast::error_code ignored;
  if (stream_) {
    stream_->next_layer().close(ignored);
  }
}

std::optional<Tcp::endpoint> resolve(asio::io_context& context, const LoadOptions& options) {
  beast::error_code failed;
  Tcp::resolver resolver(context);
  const auto found = resolver.resolve(options.host, options.port, failed);
  if (failed || found.empty()) {
    return std::nullopt;
  }
  return found.begin()->endpoint();
}

}  // namespace

Errands::Errands(const LoadOptions& options) : options_(options), count_(options.owners) {}

Errands::Errands(const LoadOptions& options, std::map<std::string, OwnerOracle> known)
    : options_(options), known_(std::move(known)), count_(known_.size()) {}

std::optional<Errand> Errands::next() {
  const std::lock_guard lock(mutex_);
  if (given_ == count_) {
    return std::nullopt;
  }
  Errand errand;
  if (options_.verify.empty()) {
    const uint64_t number = options_.first + given_;
    errand.owner = "r-" + std::to_string(number);
    errand.vehicle = rehearsal_vehicle(errand.owner);
    errand.plan = make_plan(options_.shares, options_.seed, number);
    errand.plan.resume = options_.resume;
    errand.plan.until_empty = options_.until_empty;
    errand.plan.think_ms = options_.think_ms;
  } else {
    auto known = known_.extract(known_.begin());
    errand.owner = std::move(known.key());
    errand.oracle = std::move(known.mapped());
    check(errand.oracle.known().has_value(), "an owner of a journal was told something");
    errand.vehicle = errand.oracle.known()->vehicle;
    errand.plan.look_only = true;
    errand.plan.repeat_draw = errand.oracle.known()->draw;
  }
  ++given_;
  return errand;
}

void run_connections(const Load& load, std::size_t connections, Tally& tally) {
  asio::io_context context(1);
  const auto server = resolve(context, load.options);
  if (!server) {
    load.broken = true;
    tally.change([](Counts& counts) { counts.add_reason("the host of --url is not known"); });
    return;
  }
  Lane lane{load, tally, context, *server, {}, 0};
  std::vector<std::unique_ptr<Connection>> all;
  for (std::size_t i = 0; i < connections; ++i) {
    all.push_back(std::make_unique<Connection>(lane, i));
    all.back()->start();
  }
  Timer sweep(context.get_executor());
  std::function<void()> arm = [&] {
    sweep.expires_after(std::chrono::milliseconds(100));
    sweep.async_wait([&](beast::error_code) {
      const bool stop = load.stop || load.broken;
      for (const auto& connection : all) {
        connection->sweep(Clock::now(), stop);
      }
      if (lane.busy > 0) {
        arm();
      }
    });
  };
  arm();
  context.run();
}

}  // namespace plated
