// Secrets: in locked memory that no core dump has, wiped when they are given back, and wiped on the
// stack where their copies end.
#include "engine/secret_memory.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <fstream>
#include <map>
#include <new>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/effort.h"

namespace plated {
namespace {

// What the kernel knows of the mapping that has this address (proc(5), VmFlags): "dd" is not in a
// core dump, "lo" locked.
std::string flags_at(const void* address) {
  std::ifstream maps("/proc/self/smaps");
  const auto wanted = reinterpret_cast<uintptr_t>(address);
  bool here = false;
  for (std::string line; std::getline(maps, line);) {
    uintptr_t begin = 0;
    uintptr_t end = 0;
    char dash = 0;
    std::istringstream head(line);
    if (head >> std::hex >> begin >> dash >> end && dash == '-') {
      here = begin <= wanted && wanted < end;
    } else if (here && line.starts_with("VmFlags:")) {
      return line + " ";
    }
  }
  return {};
}

bool is_zero(const std::byte* bytes, std::size_t size) {
  return std::all_of(bytes, bytes + size, [](std::byte b) { return b == std::byte{0}; });
}

TEST(SecretMemory, IsInNoCoreDump) {
  const auto secret = make_locked<SecretBytes<32>>();
  std::map<int, SecretBytes<32>, std::less<>,
           LockedAllocator<std::pair<const int, SecretBytes<32>>>>
      many;
  many[1].fill(7);
  std::vector<int, LockedAllocator<int>> large(100'000, 1);
  for (const void* at : {static_cast<const void*>(&*secret), static_cast<const void*>(&many[1]),
                         static_cast<const void*>(large.data())}) {
    EXPECT_NE(flags_at(at).find(" dd "), std::string::npos) << flags_at(at);
  }
  const std::vector<int> ordinary(100'000, 1);
  EXPECT_EQ(flags_at(ordinary.data()).find(" dd "), std::string::npos);
}

TEST(SecretMemory, IsLockedWhereThatIsAllowed) {
  const auto secret = make_locked<SecretBytes<32>>();
  // A sanitizer answers mlock itself, and locks nothing.
  EXPECT_EQ(locked_memory_is_locked() && !kSanitized,
            flags_at(&*secret).find(" lo ") != std::string::npos);
  // An ordinary limit leaves room for a region.
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_MEMLOCK, &limit), 0);
  if (limit.rlim_cur >= (std::size_t{1} << 20)) {
    EXPECT_TRUE(locked_memory_is_locked());
  }
}

TEST(SecretMemory, WhatIsGivenBackIsWipedAndTakenAgain) {
  for (const std::size_t size : {32UL, 1UL, 33UL, 4000UL, 16384UL, 64UL}) {
    auto* const first = static_cast<std::byte*>(take_locked(size));
    EXPECT_EQ(reinterpret_cast<uintptr_t>(first) % std::min(std::bit_ceil(size), kLockedAlignment),
              0U);
    std::memset(first, 0xee, size);
    give_back_locked(first, size);
    // It keeps its place among those that are free in its first bytes.
    EXPECT_TRUE(is_zero(first + sizeof(void*), std::max(size, sizeof(void*)) - sizeof(void*)));
    EXPECT_EQ(take_locked(size), first) << size;
    give_back_locked(first, size);
  }
}

TEST(SecretMemory, PiecesNeverOverlap) {
  std::vector<std::pair<std::byte*, std::size_t>> pieces;
  for (std::size_t i = 0; i < 3000; ++i) {
    const std::size_t size = 1 + i * 37 % 9000;
    pieces.emplace_back(static_cast<std::byte*>(take_locked(size)), size);
    std::memset(pieces.back().first, static_cast<int>(i % 251), size);
  }
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const auto [at, size] = pieces[i];
    ASSERT_TRUE(std::all_of(at, at + size, [&](std::byte b) { return b == std::byte(i % 251); }));
    give_back_locked(at, size);
  }
}

TEST(SecretMemory, BytesAreWipedWhereTheyEnd) {
  alignas(SecretBytes<32>) std::array<std::byte, sizeof(SecretBytes<32>)> place{};
  auto* const secret = new (place.data()) SecretBytes<32>;
  secret->fill(9);
  ASSERT_FALSE(is_zero(place.data(), place.size()));
  secret->~SecretBytes();
  EXPECT_TRUE(is_zero(place.data(), place.size()));
}

TEST(SecretMemory, ATextIsWipedShortOrLong) {
  for (const std::size_t size : {11U, 200U}) {
    std::string text(size, 'x');
    const char* const at = text.data();
    wipe(text);
    EXPECT_TRUE(text.empty());
    EXPECT_EQ(text.data(), at);
    EXPECT_TRUE(is_zero(reinterpret_cast<const std::byte*>(at), size));
  }
}

}  // namespace
}  // namespace plated
