#include "net/server/session.h"

#include <algorithm>
#include <boost/asio/write.hpp>
#include <chrono>
#include <utility>

#include "engine/check.h"
#include "engine/secret_memory.h"
#include "net/protocol/answer_text.h"
#include "net/server/answer_head.h"

namespace plated {

namespace asio = boost::asio;
namespace websocket = boost::beast::websocket;

namespace {

// Most requests are a hundred bytes; a longer one gets more for as long as it takes.
constexpr std::size_t kReceiveSmall = 512;

// A ping goes out after a third of what may pass in silence: many a proxy cuts after half of the
// usual minute.
constexpr int kPingsInSilence = 3;

// What a request gives back of the budget of frames that ask for nothing: the longest takes a few
// reads, and some parts of it may come for themselves.
constexpr uint64_t kReadsOfRequest = 8;

}  // namespace

Session::Session(NetThread& thread, ConnectionId id, std::unique_ptr<Socket> socket, Ticket ticket,
                 const PeerAddress& peer)
    : thread_(thread),
      ticket_expires_(ticket.expires),
      ticket_marks_{ticket.mark, ticket.jti.empty() ? 0 : owner_mark(ticket.jti)},
      stream_(std::move(socket)),
      receive_(kReceiveSmall + kFramePadding) {
  caller_.owner = std::move(ticket.owner);
  caller_.connection = id;
  caller_.peer = peer;
  caller_.owner_pace = thread_.shared().owners.pace_of(owner_mark(caller_.owner));
  timer_.connection = id;
  thread_.deliveries().join(caller_);
}

Session::~Session() {
  thread_.cancel(timer_);
  thread_.deliveries().leave(caller_);
  thread_.shared().owners.give_back(owner_mark(caller_.owner), caller_.connection, thread_.now());
}

// Whatever comes shows that somebody is there.
void Session::hear() {
  heard_ = thread_.monotonic();
  pinged_ = false;
  if (std::exchange(asked_, false)) {
    thread_.shared().owners.answered(owner_mark(caller_.owner), caller_.connection);
  }
}

// Frames that ask for nothing, parts of messages among them, cost as much as requests do. Whoever
// sends too many is heard no more at once; what else is to be done comes a little later, since this
// may be in the midst of a read.
void Session::count_bare_frame() {
  if (floods_ ||
      !bare_frames_.take(thread_.limits().asking.bare_frames_per_connection, Micros(heard_))) {
    return;
  }
  floods_ = true;
  socket().stop_reading();
  thread_.end_flood(caller_.connection);
}

void Session::end_flood() {
  if (phase_ == Phase::open) {
    turn_away(Limit::bare_frames_per_connection);
  }
}

// Closes on whoever does not keep to a limit, without reading what they send meanwhile.
void Session::turn_away(Limit limit) {
  thread_.shared().dispatch.limits.count(limit);
  socket().stop_reading();
  say_bye(bye_to(caller_.connection, "too_many"), websocket::close_code::policy_error);
}

void Session::configure() {
  // Deadlines are ours: Beast's own timers cost a third more CPU a message.
  stream_.set_option(websocket::stream_base::timeout{websocket::stream_base::none(),
                                                     websocket::stream_base::none(), false});
  stream_.set_option(websocket::stream_base::decorator([this](websocket::response_type& response) {
    put_fields_of_all(thread_.shared().http.answer_fields(), thread_.civil(), response);
    response.set(boost::beast::http::field::cache_control, "no-store");
    response.set(boost::beast::http::field::sec_websocket_protocol, kSubprotocol);
  }));
  stream_.read_message_max(kFrameMax);
  stream_.auto_fragment(false);
  stream_.text(true);
  stream_.control_callback([this](websocket::frame_type, boost::beast::string_view) {
    hear();
    count_bare_frame();
  });
  // Frames without a payload are told to nobody, but take reads like all others.
  stream_.next_layer().on_read([this] { count_bare_frame(); });
  // Whoever sends pings and reads no pongs is a slow reader, too.
  stream_.next_layer().on_written_alone([this] {
    flush();
    if (stream_.next_layer().corked().size() > thread_.limits().send_queue_max) {
      cut();
    }
  });
}

void Session::start(const UpgradeRequest& request) {
  configure();
  error_code error;
  heard_ = thread_.monotonic();
  look_again_in(thread_.limits().idle_timeout / kPingsInSilence);
  stream_.accept(request, error);
  flush();
  if (error) {
    finish();
    return;
  }
  read();
}

void Session::read() {
  if (reading_ || phase_ != Phase::open || !Deliveries::may_ask(caller_)) {
    return;
  }
  reading_ = true;
  ++operations_;
  const std::size_t room = receive_.size() - kFramePadding - received_;
  stream_.async_read_some(asio::buffer(receive_.data() + received_, room),
                          [this](error_code error, std::size_t size) { on_read(error, size); });
}

void Session::on_read(error_code error, std::size_t size) {
  if (returned()) {
    return;
  }
  thread_.settle_soon();
  if (error || phase_ != Phase::open) {
    reading_ = false;
    if (phase_ == Phase::open) {
      finish();
    } else if (phase_ == Phase::lingering) {
      linger();
    }
    return;
  }
  hear();
  received_ += size;
  if (!stream_.got_text()) {
    close(websocket::close_code::unknown_data);
  } else if (stream_.is_message_done()) {
    handle_frame();
    received_ = 0;
    if (receive_.size() > kReceiveSmall + kFramePadding) {
      receive_ = std::vector<char>(kReceiveSmall + kFramePadding);
    }
  } else if (!make_room()) {
    close(websocket::close_code::too_big);
  } else {
    count_bare_frame();
  }
  reading_ = false;  // not earlier: what is handled stands where the next read would write
  read();
}

// Room for more of a long frame; false when it has the longest that there is.
bool Session::make_room() {
  if (received_ + kFramePadding < receive_.size()) {
    return true;
  }
  if (received_ > kFrameMax) {
    return false;
  }
  // One byte more than a frame may have, so that the end of the longest one is seen as such.
  receive_.resize(kFrameMax + 1 + kFramePadding);
  return true;
}

void Session::handle_frame() {
  thread_.begin_run();
  bare_frames_.give_back(thread_.limits().asking.bare_frames_per_connection, kReadsOfRequest);
  thread_.deliveries().receive({receive_.data(), received_}, caller_,
                               [this](const Deliveries::Said& said) { deliver(said.bytes); });
  wipe(receive_.data(), received_);  // a code may stand there
  if (caller_.pace.ignores_limits()) {
    turn_away(Limit::ignored);
  }
}

void Session::deliver(std::string_view bytes) {
  write_message(bytes);
  say_bye_if_due();
  read();
}

void Session::say_bye_if_due() {
  if (Deliveries::bye_is_due(caller_)) {
    say_bye(bye_to(caller_.connection, "shutting_down"), websocket::close_code::going_away);
  }
}

// A reader who is slower than their own requests is closed; what waits for them must not grow.
void Session::write_message(std::string_view bytes) {
  std::string& corked = stream_.next_layer().corked();
  const std::size_t queued = corked.size() + sending_.size();
  if (queued > 0 && queued + bytes.size() > thread_.limits().send_queue_max) {
    close(websocket::close_code::try_again_later);
    return;
  }
  if (corked.capacity() <= std::string().capacity()) {
    corked = thread_.take_buffer();
  }
  error_code error;
  stream_.write(asio::buffer(bytes.data(), bytes.size()), error);
  if (error) return;  // it is closing, and hears nothing more
  if (!unflushed_) {
    unflushed_ = true;
    thread_.flush_soon(caller_.connection);
  }
}

void Session::flush() {
  unflushed_ = false;
  std::string& corked = stream_.next_layer().corked();
  if (writing_ || phase_ == Phase::gone || corked.empty()) {
    return;
  }
  // Nearly always the socket takes all of it, and no operation has to be begun. What it does not
  // take now, or any more, is left to one, which says why.
  error_code ignored;
  const std::size_t sent = socket().write_now(corked, ignored);
  if (sent == corked.size()) {
    thread_.give_buffer(std::exchange(corked, {}));
    return;
  }
  writing_ = true;
  ++operations_;
  sending_.swap(corked);
  asio::async_write(socket(), asio::buffer(sending_) + sent,
                    [this](error_code error, std::size_t) { on_written(error); });
}

void Session::on_written(error_code error) {
  writing_ = false;
  thread_.give_buffer(std::exchange(sending_, {}));
  if (returned()) {
    return;
  }
  if (error) {
    cut();
    return;
  }
  flush();
  if (phase_ == Phase::lingering) {
    linger();
  }
}

// Or when the ticket ends, if that comes first.
void Session::look_again_in(Millis span) {
  const Millis ticket_left = ticket_expires_ - thread_.civil();
  thread_.arm(timer_, std::max(std::min(span, ticket_left), Millis(10)));
}

void Session::timer_due() {
  if (phase_ != Phase::open) {
    cut();
    return;
  }
  if (thread_.civil() >= ticket_expires_) {
    say_bye(bye_for_new_ticket(), websocket::close_code::policy_error);
    return;
  }
  const Millis idle_timeout = thread_.limits().idle_timeout;
  const Millis silence = thread_.monotonic() - heard_;
  if (silence >= idle_timeout) {
    say_bye(bye_to(caller_.connection, "idle"), websocket::close_code::going_away);
    return;
  }
  const Millis ping_after = idle_timeout / kPingsInSilence;
  const bool ping = silence >= ping_after && !pinged_;
  pinged_ = pinged_ || ping;
  // A ping that is answered meanwhile is followed by the next as soon as it is due again.
  const Millis next_look =
      pinged_ ? std::min(idle_timeout - silence, ping_after) : ping_after - silence;
  look_again_in(next_look);
  if (ping) {
    error_code error;
    stream_.ping({}, error);
    flush();
  }
}

void Session::drain() {
  Deliveries::dismiss(caller_);
  say_bye_if_due();
}

void Session::ask() {
  if (phase_ != Phase::open) {
    return;
  }
  asked_ = true;
  error_code error;
  stream_.ping({}, error);
  flush();
}

void Session::end_silent() {
  if (phase_ == Phase::open) {
    say_bye(bye_to(caller_.connection, "idle"), websocket::close_code::going_away);
  }
}

void Session::end_ticket(const WhoseTickets& whose) {
  if (phase_ == Phase::open && whose(caller_.owner, ticket_marks_)) {
    std::string bye;
    write_bye_push("signed_out", Millis(0), bye);
    say_bye(bye, websocket::close_code::policy_error);
  }
}

void Session::say_bye(const std::string& bye, CloseCode code) {
  error_code error;
  stream_.write(asio::buffer(bye), error);
  close(code);
}

void Session::close(CloseCode code) {
  if (phase_ != Phase::open) {
    return;
  }
  phase_ = Phase::closing;
  Deliveries::hush(caller_);
  thread_.arm(timer_, thread_.limits().closing_timeout);
  ++operations_;
  stream_.async_close(code, [this](error_code) {
    if (returned()) {
      return;
    }
    finish();
  });
  flush();
}

// The WebSocket is over; the bytes that say so may still be on their way.
void Session::finish() {
  if (phase_ == Phase::lingering || phase_ == Phase::gone) {
    return;
  }
  phase_ = Phase::lingering;
  Deliveries::hush(caller_);
  thread_.arm(timer_, thread_.limits().closing_timeout);
  flush();
  linger();
}

// Ends our half, then reads until the peer has ended theirs: closing with bytes unread would make
// the kernel reset the connection, and the peer might never see why.
void Session::linger() {
  if (reading_ || writing_ || !stream_.next_layer().corked().empty()) {
    return;
  }
  error_code error;
  socket().shutdown_send(error);
  if (error) {
    cut();
    return;
  }
  reading_ = true;
  ++operations_;
  received_ = 0;
  socket().async_read_some(asio::buffer(receive_), [this](error_code failed, std::size_t) {
    reading_ = false;
    if (returned()) {
      return;
    }
    if (failed) {
      cut();
    } else {
      linger();
    }
  });
}

void Session::cut() {
  if (phase_ == Phase::gone) {
    return;
  }
  phase_ = Phase::gone;
  Deliveries::hush(caller_);
  socket().close();
  thread_.cancel(timer_);
  if (operations_ == 0) {
    thread_.retire(caller_.connection);
  }
}

bool Session::returned() {
  check(operations_ > 0, "an operation returns once");
  --operations_;
  if (phase_ != Phase::gone) {
    return false;
  }
  if (operations_ == 0) {
    thread_.retire(caller_.connection);
  }
  return true;
}

}  // namespace plated
