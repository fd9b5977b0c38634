#include "persistence/contents.h"

#include <sys/mman.h>

#include <new>

#include "engine/check.h"

namespace plated {
namespace {

constexpr std::size_t kLargePage = std::size_t{2} << 20;

}  // namespace

Contents::Contents(std::size_t size) : size_(size) {
  const std::size_t room = (size + kLargePage - 1) / kLargePage * kLargePage;
  void* const memory =
      size < kLargePage ? std::malloc(size + 1) : std::aligned_alloc(kLargePage, room);
  if (memory == nullptr) {
    throw std::bad_alloc();
  }
  check(room >= size, "a file has its room");
  bytes_.reset(static_cast<std::byte*>(memory));
  if (size >= kLargePage) {
    // A wish: where it is not granted, the pages are small.
    (void)::madvise(memory, room, MADV_HUGEPAGE);
  }
}

void Contents::shrink(std::size_t size) {
  check(size <= size_, "contents only shrink");
  size_ = size;
}

Result<Contents> read_contents(FileSystem& files, const std::string& path, uint64_t size_max) {
  auto file = files.open(path, OpenMode::read);
  if (!file.ok()) {
    return file.status;
  }
  const auto size = file.value->size();
  if (!size.ok()) {
    return size.status;
  }
  if (size.value > size_max) {
    return Status::mismatch(path, "the file is larger than any that plated writes");
  }
  Contents contents(static_cast<std::size_t>(size.value));
  const auto got = file.value->read(0, contents.bytes());
  if (!got.ok()) {
    return got.status;
  }
  contents.shrink(got.value);
  return contents;
}

}  // namespace plated
