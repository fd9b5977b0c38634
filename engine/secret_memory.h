// Where secrets live, and how what was secret is forgotten.
//
// Locked memory is never swapped out, never part of a core dump, and stands between pages that
// nobody may touch; what is given back is wiped. A page of its own and two guards for each secret
// would cost 12 KB and a lock of the kernel's each, and a process may lock little (8 MB as a rule),
// so secrets share regions of 64 KB, which stay for later ones. Any thread may take and give back.
//
// On its way a secret passes through the stack: SecretBytes wipes each copy where it ends, and
// wipe_stack what the functions below left there.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <string>
#include <utility>

namespace plated {

// Overwrites with zeros; no compiler leaves it out.
void wipe(void* bytes, std::size_t size);
// The text is empty afterwards, and nothing of it is left, in its own few bytes or beside it.
void wipe(std::string& text);
// What finished calls left on this thread's stack, as deep as they went as a rule (32 KiB). To be
// called by whoever called them.
void wipe_stack();

// Bytes that are wiped where they end, each copy for itself.
template <std::size_t N>
struct SecretBytes : std::array<uint8_t, N> {
  ~SecretBytes() { wipe(this->data(), N); }
};

inline constexpr std::size_t kLockedAlignment = 64;  // of what is at least as large
// Never null; its bytes are whatever they are.
[[nodiscard]] void* take_locked(std::size_t size);
// Requires what take_locked gave for this size.
void give_back_locked(void* bytes, std::size_t size);
// False when the system refused to lock some of it (RLIMIT_MEMLOCK): that may be swapped out; it is
// in no core dump nevertheless. What nobody took yet counts as locked.
[[nodiscard]] bool locked_memory_is_locked();

// For containers of secrets: their elements, and the names beside them, stand in locked memory.
template <class T>
struct LockedAllocator {
  using value_type = T;
  LockedAllocator() = default;
  template <class U>
  LockedAllocator(const LockedAllocator<U>&) {}
  [[nodiscard]] T* allocate(std::size_t count) {
    return static_cast<T*>(take_locked(count * sizeof(T)));
  }
  void deallocate(T* at, std::size_t count) { give_back_locked(at, count * sizeof(T)); }
  friend bool operator==(const LockedAllocator&, const LockedAllocator&) { return true; }
};

// An object in locked memory, with what stands within it.
template <class T>
struct EndLocked {
  void operator()(T* object) const {
    object->~T();
    give_back_locked(object, sizeof(T));
  }
};
template <class T>
using LockedPtr = std::unique_ptr<T, EndLocked<T>>;
template <class T, class... Arguments>
[[nodiscard]] LockedPtr<T> make_locked(Arguments&&... arguments) {
  static_assert(alignof(T) <= kLockedAlignment);
  return LockedPtr<T>(new (take_locked(sizeof(T))) T(std::forward<Arguments>(arguments)...));
}

}  // namespace plated
