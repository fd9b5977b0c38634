#include "tools/plated/checkpoint_process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/json/parse.hpp>
#include <cerrno>
#include <charconv>
#include <climits>
#include <csignal>
#include <vector>

#include "engine/check.h"

namespace plated {
namespace {

namespace json = boost::json;

// How the child starts: its own process group, so that Ctrl-C is the server's alone; no signal
// blocked; of the open files only the standard ones, its output being the pipe.
class Spawning {
 public:
  explicit Spawning(int output) {
    posix_spawn_file_actions_init(&files_);
    posix_spawn_file_actions_adddup2(&files_, output, STDOUT_FILENO);
    posix_spawn_file_actions_addclosefrom_np(&files_, STDERR_FILENO + 1);
    posix_spawnattr_init(&attributes_);
    sigset_t signals;
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes_, &signals);
    sigaddset(&signals, SIGPIPE);
    posix_spawnattr_setsigdefault(&attributes_, &signals);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  Spawning(const Spawning&) = delete;
  Spawning& operator=(const Spawning&) = delete;
  ~Spawning() {
    posix_spawn_file_actions_destroy(&files_);
    posix_spawnattr_destroy(&attributes_);
  }

  // The system's error number.
  int run(std::vector<std::string> words, pid_t& child) {
    std::vector<char*> pointers;
    for (std::string& word : words) {
      pointers.push_back(word.data());
    }
    pointers.push_back(nullptr);
    return posix_spawn(&child, pointers.front(), &files_, &attributes_, pointers.data(), environ);
  }

 private:
  posix_spawn_file_actions_t files_;
  posix_spawnattr_t attributes_;
};

std::string read_to_the_end(int pipe) {
  std::string text;
  std::array<char, 4096> piece;
  for (;;) {
    const ssize_t got = ::read(pipe, piece.data(), piece.size());
    if (got > 0) {
      text.append(piece.data(), static_cast<std::size_t>(got));
    } else if (got == 0 || errno != EINTR) {
      return text;
    }
  }
}

// -1: it did not end by itself.
int exit_status_of(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) {
      return -1;
    }
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool read_digest(std::string_view text, Digest& digest) {
  if (text.size() != 2 * digest.size()) {
    return false;
  }
  for (std::size_t i = 0; i < digest.size(); ++i) {
    const char* const at = text.data() + 2 * i;
    const auto [end, error] = std::from_chars(at, at + 2, digest[i], 16);
    if (error != std::errc{} || end != at + 2) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::string checkpoint_program() {
  std::array<char, PATH_MAX> path;
  const ssize_t size = ::readlink("/proc/self/exe", path.data(), path.size());
  if (size <= 0 || static_cast<std::size_t>(size) == path.size()) {
    return {};
  }
  const std::string_view own(path.data(), static_cast<std::size_t>(size));
  const std::string program = std::string(own.substr(0, own.rfind('/'))) + "/platelog";
  return ::access(program.c_str(), X_OK) == 0 ? program : std::string();
}

Result<CheckpointReport> checkpoint_report_of(const std::string& program, const std::string& said) {
  const Status unreadable = Status::mismatch(program, "it does not say what it did: " + said);
  json::error_code failed;
  const json::value answer = json::parse(said, failed);
  if (failed || !answer.is_object()) {
    return unreadable;
  }
  const json::object& fields = answer.get_object();
  const json::value* const sequence = fields.if_contains("sequence");
  const json::value* const digest = fields.if_contains("digest");
  const json::value* const replayed = fields.if_contains("replayed");
  const json::value* const retired = fields.if_contains("retired");
  CheckpointReport report;
  if (sequence == nullptr || !sequence->is_int64() || digest == nullptr || !digest->is_string() ||
      !read_digest(digest->get_string(), report.snapshot.digest) || replayed == nullptr ||
      !replayed->is_int64() || retired == nullptr || !retired->is_array()) {
    return unreadable;
  }
  report.snapshot.sequence = Sequence{static_cast<uint64_t>(sequence->get_int64())};
  report.records = static_cast<uint64_t>(replayed->get_int64());
  for (const json::value& name : retired->get_array()) {
    if (name.is_string()) {
      report.retired.emplace_back(name.get_string());
    }
  }
  return report;
}

Result<CheckpointReport> run_checkpoint_process(const std::string& directory, Sequence until,
                                                const CheckpointOptions& options) {
  const std::string program = checkpoint_program();
  int ends[2];
  if (program.empty() || ::pipe2(ends, O_CLOEXEC) != 0) {
    return Status::io_error(program.empty() ? "platelog" : program, 0, "cannot run it",
                            program.empty() ? ENOENT : errno);
  }
  std::vector<std::string> words = {program,
                                    "--json",
                                    "--data",
                                    directory,
                                    "checkpoint",
                                    "--until",
                                    std::to_string(until.value),
                                    "--parent",
                                    std::to_string(::getpid())};
  if (!options.archive) {
    words.emplace_back("--remove");
  }
  const auto began = std::chrono::steady_clock::now();
  pid_t child = 0;
  const int error = Spawning(ends[1]).run(std::move(words), child);
  ::close(ends[1]);
  const std::string said = error == 0 ? read_to_the_end(ends[0]) : std::string();
  ::close(ends[0]);
  if (error != 0) {
    return Status::io_error(program, 0, "cannot run it", error);
  }
  if (const int status = exit_status_of(child); status != 0) {
    return Status::io_error(
        program, 0,
        status < 0 ? "the checkpoint was killed" : "the checkpoint was refused; it said why", 0);
  }
  auto report = checkpoint_report_of(program, said);
  if (report.ok()) {
    report.value.took = std::chrono::steady_clock::now() - began;
  }
  return report;
}

}  // namespace plated
