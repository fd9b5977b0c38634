// A wall clock that a test can move under a running server: preloaded, it adds to the real time the
// milliseconds that stand, as eight bytes, in the file named by MOVED_WALL_CLOCK. The monotonic
// clock is left alone. It asks the kernel directly and allocates nothing, because the allocator
// asks for the time before it can allocate; libfaketime deadlocks there. For the end-to-end scripts
// only.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <ctime>

namespace {

constexpr int64_t kNanosPerMilli = 1'000'000;
constexpr int64_t kNanosPerSecond = 1'000'000'000;

const std::atomic<int64_t>* map_offset() {
  const char* path = getenv("MOVED_WALL_CLOCK");
  const int file = path == nullptr ? -1 : open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    return nullptr;
  }
  void* const mapped = mmap(nullptr, sizeof(int64_t), PROT_READ, MAP_SHARED, file, 0);
  close(file);
  return mapped == MAP_FAILED ? nullptr : static_cast<const std::atomic<int64_t>*>(mapped);
}

}  // namespace

extern "C" int clock_gettime(clockid_t clock, timespec* out) {
  static const std::atomic<int64_t>* const offset = map_offset();
  const auto result = static_cast<int>(syscall(SYS_clock_gettime, clock, out));
  if (result == 0 && offset != nullptr && clock == CLOCK_REALTIME) {
    const int64_t nanos = out->tv_sec * kNanosPerSecond + out->tv_nsec +
                          offset->load(std::memory_order_relaxed) * kNanosPerMilli;
    out->tv_sec = nanos / kNanosPerSecond;
    out->tv_nsec = nanos % kNanosPerSecond;
  }
  return result;
}
