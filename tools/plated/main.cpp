// The server's main: options, start, wait for a signal or an operator's drain, stop.
#include <signal.h>
#include <sodium.h>

#include <chrono>
#include <cstdio>
#include <exception>

#include "tools/plated/options.h"
#include "tools/plated/server.h"

namespace plated {
namespace {

// Waits until SIGTERM or SIGINT comes or an operator has asked for a drain.
void wait_for_end(const Server& server, const sigset_t& signals) {
  constexpr timespec kLook{0, 100'000'000};
  while (!server.drain_wanted() && sigtimedwait(&signals, nullptr, &kLook) < 0) {
  }
}

int serve(const Options& options) {
  // Blocked before any thread begins, so that only wait_for_end hears of them.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  // A limit on the size of files is then an error of the write that meets it, with file and reason.
  signal(SIGXFSZ, SIG_IGN);

  Server server(options);
  if (!server.start()) {
    return kExitStartFailed;
  }
  wait_for_end(server, signals);
  return server.stop();
}

}  // namespace
}  // namespace plated

int main(int argc, char** argv) {
  if (sodium_init() < 0) {
    std::fputs("plated: libsodium cannot be used here\n", stderr);
    return plated::kExitStartFailed;
  }
  const auto parsed = plated::parse_options(argc, argv, environ);
  if (const auto* exit = std::get_if<plated::Exit>(&parsed)) {
    std::fputs(exit->out.c_str(), stdout);
    std::fputs(exit->err.c_str(), stderr);
    return exit->status;
  }
  try {
    return plated::serve(std::get<plated::Options>(parsed));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "plated: %s\n", error.what());
    return plated::kExitStartFailed;
  }
}
