#include "engine/secret_memory.h"

#include <sodium.h>

#include <algorithm>
#include <bit>

#include "engine/check.h"
#include "engine/guarded.h"

namespace plated {
namespace {

constexpr std::size_t kStackWiped = 32 * 1024;
constexpr std::size_t kRegionSize = 64 * 1024;
constexpr std::size_t kPieceMin = 32;
constexpr std::size_t kPieceMax = kRegionSize / 4;  // larger ones have a region of their own
constexpr std::size_t kSizes = std::bit_width(kPieceMax / kPieceMin);

// A piece that was given back.
struct FreePiece {
  FreePiece* next;
};

struct Regions {
  std::array<FreePiece*, kSizes> free{};  // by size, each twice the one before
  std::byte* rest = nullptr;              // of the newest region
  std::size_t rest_size = 0;
  bool locked = true;
};

// Never destroyed: secrets of static lifetime may be given back after everything else.
Guarded<Regions>& regions() {
  static Guarded<Regions>* const all = new Guarded<Regions>;
  return *all;
}

std::size_t piece_size(std::size_t size) { return std::bit_ceil(std::max(size, kPieceMin)); }

std::size_t size_index(std::size_t piece) {
  return static_cast<std::size_t>(std::countr_zero(piece) - std::countr_zero(kPieceMin));
}

// Requires the mutex.
std::byte* new_region(Regions& all, std::size_t size) {
  check(sodium_init() >= 0, "libsodium starts");
  void* const region = sodium_malloc(size);
  check(region != nullptr, "there is memory for secrets");
  // It has locked them, as far as that is allowed, and does not say so; a second time costs
  // nothing.
  all.locked = sodium_mlock(region, size) == 0 && all.locked;
  return static_cast<std::byte*>(region);
}

// Requires the mutex, and that the rest has so much.
std::byte* cut(Regions& all, std::size_t passed, std::size_t piece) {
  std::byte* const taken = all.rest + passed;
  all.rest = taken + piece;
  all.rest_size -= passed + piece;
  check(all.rest_size % kPieceMin == 0, "a region is cut into pieces that are aligned");
  return taken;
}

// A copy passes through the processor's widest registers, and whatever the last one left there is
// saved with a thread that sleeps, and so in a core dump.
void wipe_registers() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx")) {
    asm volatile("vzeroall" ::
                     : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8",
                       "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
  }
  if (__builtin_cpu_supports("avx512f")) {
    // Compiled code does not use these, so none of it has to be told.
    asm volatile(
        "vpxorq %zmm16, %zmm16, %zmm16\n vpxorq %zmm17, %zmm17, %zmm17\n"
        "vpxorq %zmm18, %zmm18, %zmm18\n vpxorq %zmm19, %zmm19, %zmm19\n"
        "vpxorq %zmm20, %zmm20, %zmm20\n vpxorq %zmm21, %zmm21, %zmm21\n"
        "vpxorq %zmm22, %zmm22, %zmm22\n vpxorq %zmm23, %zmm23, %zmm23\n"
        "vpxorq %zmm24, %zmm24, %zmm24\n vpxorq %zmm25, %zmm25, %zmm25\n"
        "vpxorq %zmm26, %zmm26, %zmm26\n vpxorq %zmm27, %zmm27, %zmm27\n"
        "vpxorq %zmm28, %zmm28, %zmm28\n vpxorq %zmm29, %zmm29, %zmm29\n"
        "vpxorq %zmm30, %zmm30, %zmm30\n vpxorq %zmm31, %zmm31, %zmm31");
  }
#endif
}

}  // namespace

void wipe(void* bytes, std::size_t size) { sodium_memzero(bytes, size); }

void wipe(std::string& text) {
  text.resize(text.capacity());
  sodium_memzero(text.data(), text.size());
  text.clear();
}

void wipe_stack() {
  sodium_stackzero(kStackWiped);
  wipe_registers();
}

void* take_locked(std::size_t size) {
  const std::size_t piece = piece_size(size);
  const Hold all(regions());
  if (piece > kPieceMax) {
    // A size of whole pages begins on one.
    return new_region(*all, std::max(piece, kRegionSize));
  }
  FreePiece*& free = all->free[size_index(piece)];
  if (free != nullptr) {
    return std::exchange(free, free->next);
  }
  // The rest is a whole number of the least pieces; what is passed over to align a larger one is
  // left alone.
  const std::size_t passed = all->rest_size % std::min(piece, kLockedAlignment);
  if (all->rest_size < passed + piece) {
    all->rest = new_region(*all, kRegionSize);
    all->rest_size = kRegionSize;
    return cut(*all, 0, piece);
  }
  return cut(*all, passed, piece);
}

void give_back_locked(void* bytes, std::size_t size) {
  const std::size_t piece = piece_size(size);
  if (piece > kPieceMax) {
    sodium_free(bytes);  // wipes
    return;
  }
  sodium_memzero(bytes, piece);
  const Hold all(regions());
  FreePiece*& free = all->free[size_index(piece)];
  free = new (bytes) FreePiece{free};
}

bool locked_memory_is_locked() {
  const Hold all(regions());
  return all->locked;
}

}  // namespace plated
