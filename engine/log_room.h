// Room in the log for one append, set aside before any lock is taken and given back when the
// append, or the decision against it, is done.
#pragma once

#include "engine/events.h"

namespace plated {

class LogRoom {
 public:
  // Asks the sink, which outlives the room. Requires that no mutex of the engine but the operators'
  // is held.
  LogRoom(EventSink& sink, EventSink::For whose)
      : sink_(sink), whose_(whose), here_(sink.reserve(whose)) {}
  ~LogRoom() {
    if (here_) {
      sink_.release(whose_);
    }
  }
  LogRoom(const LogRoom&) = delete;
  LogRoom& operator=(const LogRoom&) = delete;

  // False: refuse as overloaded, append nothing.
  [[nodiscard]] bool here() const { return here_; }

 private:
  EventSink& sink_;
  EventSink::For whose_;
  bool here_;
};

}  // namespace plated
