// The server's main: options, start, wait for a signal or an operator's drain, stop.
#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <exception>
#include <functional>
#include <string>
#include <system_error>

#include "tools/plated/core_dumps.h"
#include "tools/plated/options.h"
#include "tools/plated/server.h"

namespace plated {
namespace {

using ReadOptions = std::function<std::variant<Options, Exit>()>;

// Blocked before any thread begins, so that only this file hears of them.
sigset_t block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) {
    sigaddset(&signals, number);
  }
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  // A limit on the size of files is then an error of the write that meets it, with file and reason.
  signal(SIGXFSZ, SIG_IGN);
  // They mean nothing here, and would end the process.
  signal(SIGUSR1, SIG_IGN);
  signal(SIGUSR2, SIG_IGN);
  return signals;
}

// The options as they would be read now, for those that may change while the server runs.
void reload(Server& server, const ReadOptions& read_options) {
  const auto parsed = read_options();
  if (const auto* const exit = std::get_if<Exit>(&parsed)) {
    std::fprintf(stderr, "plated: nothing was reloaded\n%s", exit->err.c_str());
    return;
  }
  server.reload(std::get<Options>(parsed));
}

// Waits until SIGTERM or SIGINT comes or an operator has asked for a drain; reloads at SIGHUP.
void wait_for_end(Server& server, const sigset_t& signals, const ReadOptions& read_options) {
  constexpr timespec kLook{0, 100'000'000};
  while (!server.drain_wanted()) {
    const int number = sigtimedwait(&signals, nullptr, &kLook);
    if (number == SIGTERM || number == SIGINT) {
      return;
    }
    if (number == SIGHUP) {
      reload(server, read_options);
    }
  }
}

// Whoever spreads the load sees /readyz and sends nobody new, before the port closes. Told to end
// once more, nobody waits.
void wait_for_others_to_see(const sigset_t& signals, std::chrono::milliseconds delay) {
  const auto end = std::chrono::steady_clock::now() + delay;
  for (auto left = delay; left.count() > 0;) {
    const timespec span{left.count() / 1000, left.count() % 1000 * 1'000'000};
    const int number = sigtimedwait(&signals, nullptr, &span);
    if (number == SIGTERM || number == SIGINT) {
      return;
    }
    left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
  }
}

// A file that is opened later must not become what messages are printed to.
void fill_standard_descriptors() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(descriptor, F_GETFD) < 0) {
      (void)::open("/dev/null", O_RDWR);
    }
  }
}

int serve(const Options& options, const sigset_t& signals, const ReadOptions& read_options) {
  fill_standard_descriptors();
  Server server(options);
  if (!server.start()) {
    return kExitStartFailed;
  }
  wait_for_end(server, signals, read_options);
  server.announce_end();
  wait_for_others_to_see(signals, std::chrono::milliseconds(options.drain_delay_ms));
  return server.stop();
}

// What was asked for and could not be written is no success.
int say(const Exit& exit) {
  std::fputs(exit.err.c_str(), stderr);
  errno = 0;
  if (std::fputs(exit.out.c_str(), stdout) < 0 || std::fflush(stdout) != 0) {
    std::fprintf(stderr, "plated: the output could not be written: %s\n",
                 std::generic_category().message(errno).c_str());
    return std::max(exit.status, kExitStartFailed);
  }
  return exit.status;
}

}  // namespace
}  // namespace plated

int main(int argc, char** argv) {
  if (sodium_init() < 0) {
    std::fputs("plated: libsodium cannot be used here\n", stderr);
    return plated::kExitStartFailed;
  }
  const plated::CoreDumpsBefore core_dumps = plated::forbid_core_dumps();
  const sigset_t signals = plated::block_signals();
  const auto read_options = [&] { return plated::parse_options(argc, argv, environ); };
  const auto parsed = read_options();
  if (const auto* exit = std::get_if<plated::Exit>(&parsed)) {
    return plated::say(*exit);
  }
  const auto& options = std::get<plated::Options>(parsed);
  if (options.core_dumps) {
    plated::allow_core_dumps(core_dumps);
  } else {
    plated::forbid_core_dumps_for_good();
  }
  try {
    return plated::serve(options, signals, read_options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "plated: %s\n", error.what());
    return plated::kExitStartFailed;
  }
}
