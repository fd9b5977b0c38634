#include "net/server/public_net.h"

#include <pthread.h>

#include <boost/asio/post.hpp>
#include <future>

namespace plated {

PublicNet::PublicNet(const PublicNetParts& parts)
    : durable_(parts.durable.value),
      owners_(parts.limits.connections_per_owner_max),
      shared_{{parts.engine, parts.codes, watchers_, draining_, limits_},
              durable_,
              parts.ticks,
              parts.monotonic,
              parts.http,
              parts.upgrade,
              parts.limits,
              parts.rehearsal_office,
              parts.tls,
              owners_,
              connections_,
              parts.log_run,
              {},
              parts.log} {
  std::vector<AckGate*> gates;
  for (std::size_t i = 0; i < parts.threads; ++i) {
    threads_.push_back(std::make_unique<NetThread>(static_cast<uint16_t>(i), shared_));
    gates.push_back(&threads_.back()->gate());
    shared_.threads.push_back(threads_.back().get());
  }
  watchers_.set_gates(std::move(gates));
}

PublicNet::~PublicNet() { stop(); }

boost::system::error_code PublicNet::listen(const std::string& address, uint16_t port,
                                            std::optional<int> listening) {
  for (const auto& thread : threads_) {
    auto& listener = listeners_.emplace_back(std::make_unique<Listener>(*thread));
    const bool first = listeners_.size() == 1;
    const auto error = first && listening
                           ? listener->adopt(*listening)
                           : listener->open(address, first ? port : this->port(), first);
    if (error) {
      return error;
    }
  }
  return {};
}

uint16_t PublicNet::port() const { return listeners_.empty() ? 0 : listeners_.front()->port(); }

void PublicNet::start() {
  for (const auto& listener : listeners_) {
    listener->accept();
  }
  for (const auto& thread : threads_) {
    running_.emplace_back([&served = *thread] { served.run(); });
    // As it is called where an operator looks at threads.
    const std::string name = "net " + std::to_string(running_.size());
    ::pthread_setname_np(running_.back().native_handle(), name.c_str());
  }
}

void PublicNet::durable(Sequence sequence) {
  // The log's thread and whoever opens the doors may both be here, in either order.
  uint64_t seen = durable_.load();
  while (seen < sequence.value && !durable_.compare_exchange_weak(seen, sequence.value)) {
  }
  for (const auto& thread : threads_) {
    thread->gate().durable_moved();
  }
}

void PublicNet::set_limits(const ConnectionLimits& limits) {
  owners_.set_per_owner_max(limits.connections_per_owner_max);
  for (const auto& thread : threads_) {
    thread->set_limits(limits);
  }
}

void PublicNet::drain() {
  draining_.store(true);
  for (std::size_t i = 0; i < listeners_.size(); ++i) {
    boost::asio::post(threads_[i]->context(), [this, i] { listeners_[i]->close(); });
  }
  for (const auto& thread : threads_) {
    thread->drain();
  }
}

void PublicNet::stop() {
  for (const auto& thread : threads_) {
    thread->stop();
  }
  for (std::thread& thread : running_) {
    thread.join();
  }
  running_.clear();
}

std::vector<SessionEntry> PublicNet::list_sessions() {
  std::vector<SessionEntry> all;
  for (const auto& thread : threads_) {
    std::promise<void> listed;
    thread->list_sessions(all, [&listed] { listed.set_value(); });
    listed.get_future().wait();
  }
  return all;
}

WhoseTickets tickets_of(std::string_view owner, std::string_view jti) {
  return [owner = std::string(owner), mark = owner_mark(jti)](std::string_view of_session,
                                                              const TicketMarks& marks) {
    return owner.empty() ? marks.jti == mark : owner == of_session;
  };
}

void PublicNet::end_tickets(const WhoseTickets& whose) {
  for (const auto& thread : threads_) {
    thread->end_tickets(whose);
  }
}

void PublicNet::add_to(RequestTotals& totals) const {
  for (const auto& thread : threads_) {
    thread->meter().add_to(totals);
  }
}

}  // namespace plated
