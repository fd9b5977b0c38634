// One WebSocket of an owner: reads a request, has it executed at once, and writes what the gate
// lets go. Lives on one thread; only NetThread holds it. All its writes meet in one buffer and
// leave in one write (see corked_stream.h); it keeps no buffer while it is idle.
//
// It ends with a closing frame that says why, waits a little for the peer to agree, and is retired
// when the last of its operations has returned.
#pragma once

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/types.h"
#include "net/io/corked_stream.h"
#include "net/protocol/ticket.h"
#include "net/selection/connection.h"
#include "net/server/net_thread.h"

namespace plated {

using UpgradeRequest = boost::beast::http::request<boost::beast::http::empty_body>;

class Session {
 public:
  Session(NetThread& thread, ConnectionId id, std::unique_ptr<Socket> socket, Ticket ticket,
          const PeerAddress& peer);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Accepts the upgrade and begins to read.
  void start(const UpgradeRequest& request);
  // A message whose time has come.
  void deliver(std::string_view bytes);
  // Begins to write what was delivered, if nothing is being written.
  void flush();
  void timer_due();
  // Says bye and closes, after the answers that are owed.
  void drain();
  // Asks the peer to show that it is there.
  void ask();
  // Nothing was heard of the peer, and another connection of the owner's takes its place.
  void end_silent();
  // More came that asks for nothing than may come.
  void end_flood();
  // Such tickets were given up or revoked; if one of them is this session's, it ends.
  void end_ticket(const WhoseTickets& whose);
  [[nodiscard]] bool open() const { return phase_ == Phase::open; }
  [[nodiscard]] Caller& caller() { return caller_; }

 private:
  using Stream = boost::beast::websocket::stream<CorkedStream, false>;
  using CloseCode = boost::beast::websocket::close_code;
  using error_code = boost::system::error_code;

  enum class Phase : uint8_t {
    open,
    closing,    // our closing frame is on its way, the peer's is awaited
    lingering,  // all was said; what the peer still sends is read and dropped
    gone,       // the socket is closed
  };

  void configure();
  void hear();
  void count_bare_frame();
  void look_again_in(Millis span);
  void turn_away(Limit limit);
  void read();
  void on_read(error_code error, std::size_t size);
  [[nodiscard]] bool make_room();
  void handle_frame();
  void write_message(std::string_view bytes);
  void on_written(error_code error);
  void say_bye(const std::string& bye, CloseCode code);
  void say_bye_if_due();
  void close(CloseCode code);
  void finish();
  void linger();
  void cut();
  // One operation has returned; true when that was the end of the session.
  bool returned();
  [[nodiscard]] Socket& socket() { return stream_.next_layer().next_layer(); }

  NetThread& thread_;
  Caller caller_;
  const CivilTime ticket_expires_;
  const TicketMarks ticket_marks_;
  Stream stream_;
  std::string sending_;        // on its way to the socket
  std::vector<char> receive_;  // one frame and kFramePadding
  std::size_t received_ = 0;
  ConnectionTimer timer_;
  TokenBucket bare_frames_;
  Millis heard_{};           // by the monotonic clock
  uint32_t operations_ = 0;  // asynchronous ones that have not returned
  Phase phase_ = Phase::open;
  bool reading_ = false;
  bool writing_ = false;
  bool pinged_ = false;
  bool asked_ = false;
  bool floods_ = false;  // more frames came that ask for nothing than may
  bool unflushed_ = false;
};

}  // namespace plated
