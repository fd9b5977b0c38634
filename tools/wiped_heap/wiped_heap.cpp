// What a program that links this gives back to its heap is wiped first: names, phones, codes and
// keys pass through strings, buffers and JSON of several libraries, and each of them leaves copies
// where it grew, moved or ended. Here is one place that forgets none of them. The allocator is the
// program's own; only what C++ frees passes here.
//
// A text so short that it stands within its string, and what stays allocated, are not reached: see
// engine/secret_memory.h.
#include <malloc.h>
#include <string.h>

#include <cstdlib>
#include <new>

namespace {

void wipe_and_free(void* block, std::size_t size) noexcept {
  // Not memset, which a compiler may leave out before free.
  ::explicit_bzero(block, size);
  std::free(block);
}

void wipe_and_free(void* block) noexcept {
  if (block != nullptr) {
    wipe_and_free(block, ::malloc_usable_size(block));
  }
}

}  // namespace

void operator delete(void* block) noexcept { wipe_and_free(block); }
void operator delete[](void* block) noexcept { wipe_and_free(block); }
void operator delete(void* block, std::size_t size) noexcept {
  if (block != nullptr) {
    wipe_and_free(block, size);
  }
}
void operator delete[](void* block, std::size_t) noexcept { wipe_and_free(block); }
void operator delete(void* block, std::align_val_t) noexcept { wipe_and_free(block); }
void operator delete[](void* block, std::align_val_t) noexcept { wipe_and_free(block); }
void operator delete(void* block, std::size_t, std::align_val_t) noexcept { wipe_and_free(block); }
void operator delete[](void* block, std::size_t, std::align_val_t) noexcept {
  wipe_and_free(block);
}
void operator delete(void* block, const std::nothrow_t&) noexcept { wipe_and_free(block); }
void operator delete[](void* block, const std::nothrow_t&) noexcept { wipe_and_free(block); }
