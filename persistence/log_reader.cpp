#include "persistence/log_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "engine/check.h"
#include "persistence/log_archive.h"

namespace plated {
namespace {

constexpr std::size_t kPiece = std::size_t{1} << 20;

// The most of a file made in advance is zeros, so this is most of a small log's reading: a
// comparison of the bytes with their neighbours runs many at a time.
bool only_zeros(ByteSpan bytes) {
  return bytes.empty() || (bytes.front() == std::byte{0} &&
                           std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

}  // namespace

Result<Sequence> glance_at_log_end(FileSystem& files, const LogFileName& name) {
  auto file = files.open(name.path, OpenMode::read);
  if (!file.ok()) {
    return file.status;
  }
  Bytes piece(kPiece);
  Sequence next = name.first;
  uint64_t at = kLogHeaderSize;
  for (;;) {
    std::size_t got = 0;
    if (Status status = file.value->read(at, piece, got); !status.ok()) {
      return status;
    }
    const uint64_t piece_at = at;
    for (ByteSpan rest = ByteSpan(piece).first(got);;) {
      const auto header = glance_at_batch(rest);
      if (!header && rest.size() < kBatchHeaderSize && got == kPiece) {
        break;  // it goes on in the next piece
      }
      if (!header || header->first != next) {
        return Sequence{next.value - 1};
      }
      next.value += header->records;
      at += kBatchHeaderSize + header->payload_bytes;
      if (at - piece_at >= got) {
        break;
      }
      rest = ByteSpan(piece).first(got).subspan(static_cast<std::size_t>(at - piece_at));
    }
  }
}

Result<LogReader> LogReader::open(FileSystem& files, const LogFileName& name, LogPlace place) {
  LogReader reader;
  reader.path_ = name.path;
  reader.place_ = place;
  if (is_archived(name.path)) {
    auto contents = read_archived_log_file(files, name.path);
    if (!contents.ok()) {
      return contents.status;
    }
    reader.contents_ = std::move(contents.value);
    reader.read_ = reader.contents_.view().size();
  } else if (Status status = reader.open_file(files); !status.ok()) {
    return status;
  }
  if (Status status = decode_log_header(reader.contents(), name.path, reader.header_);
      !status.ok()) {
    return status;
  }
  if (reader.header_.first != name.first) {
    return Status::corruption(name.path, 16, "the header's first sequence is not the name's");
  }
  reader.expected_ = reader.header_.first;
  reader.at_ = kLogHeaderSize;
  return reader;
}

Status LogReader::open_file(FileSystem& files) {
  auto file = files.open(path_, OpenMode::read);
  if (!file.ok()) {
    return file.status;
  }
  uint64_t size = 0;
  if (Status status = file.value->size(size); !status.ok()) {
    return status;
  }
  if (size > kLogFileSizeMax) {
    return Status::mismatch(path_, "the file is larger than any that plated writes");
  }
  file_ = std::move(file.value);
  contents_ = Contents(static_cast<std::size_t>(size));
  (void)read_up_to(kLogHeaderSize);
  return status_;
}

// Makes the bytes before `end` be there, as far as the file has them. False: the disk failed.
bool LogReader::read_up_to(std::size_t end) {
  end = std::min(end, contents_.view().size());
  if (end <= read_ || file_ == nullptr) {
    return true;
  }
  const auto room = contents_.bytes().subspan(read_);
  const auto piece = room.first(std::min(room.size(), std::max(kPiece, end - read_)));
  std::size_t got = 0;
  status_ = file_->read(read_, piece, got);
  read_ += got;
  if (got < piece.size()) {
    file_.reset();
  }
  return status_.ok();
}

// Whether only zeros stand in what has not been read, which is looked at and not kept: most of a
// file that was made in advance.
bool LogReader::unread_is_zeros() {
  if (file_ == nullptr || read_ == contents_.view().size()) {
    return true;
  }
  Bytes piece(kPiece);
  for (uint64_t at = read_;;) {
    std::size_t got = 0;
    status_ = file_->read(at, piece, got);
    if (!status_.ok() || !only_zeros(ByteSpan(piece).first(got))) {
      return false;
    }
    if (got < piece.size()) {
      file_.reset();
      return true;
    }
    at += got;
  }
}

// Reads everything behind the last batch at once. Not so fast that no writer could come in between:
// what a survey says beside one is true only if it says so twice (see log_survey.cpp).
bool LogReader::read_anew() {
  if (file_ == nullptr) {
    return true;
  }
  read_ = static_cast<std::size_t>(at_);
  return read_up_to(contents_.view().size());
}

Result<LogReader> LogReader::open_listed(FileSystem& files, const std::string& directory,
                                         const LogFileName& name, LogPlace place) {
  auto reader = open(files, name, place);
  if (reader.status.code() != StatusCode::not_found || is_archived(name.path)) {
    return reader;
  }
  auto archived = open(files, {archived_log_path(directory, name.first), name.first}, place);
  return archived.status.code() == StatusCode::not_found ? std::move(reader) : std::move(archived);
}

bool LogReader::next(LogBatch& batch) {
  if (!status_.ok() || torn_bytes_ > 0 ||
      !read_up_to(static_cast<std::size_t>(at_) + kBatchSizeBytesMax)) {
    return false;
  }
  auto header = decode_batch(rest(), header_.identity);
  if (!header && !(only_zeros(rest()) && unread_is_zeros()) && status_.ok()) {
    // Beside a writer, what was read a moment ago may be older than what follows it: once more.
    if (!read_anew()) {
      return false;
    }
    header = decode_batch(rest(), header_.identity);
    if (!header && !only_zeros(rest())) {
      judge_end();
    }
  }
  if (!header) {
    return false;
  }
  if (header->first != expected_ || header->durable >= header->first) {
    status_ =
        Status::corruption(path_, at_,
                           fmt::format("a sound batch of record {} stands where record {} belongs",
                                       header->first.value, expected_.value));
    return false;
  }
  batch = {header->first, header->records, header->durable, at_,
           rest().subspan(kBatchHeaderSize, header->payload_bytes)};
  expected_.value += header->records;
  at_ += kBatchHeaderSize + header->payload_bytes;
  check(at_ <= contents().size(), "a sound batch lies within its file");
  return true;
}

// There is no sound batch here, and something else follows.
void LogReader::judge_end() {
  if (place_ == LogPlace::followed) {
    status_ = Status::corruption(
        path_, at_, "a batch is damaged, and later files prove that it was once sound");
    return;
  }
  judge_tail();
}

// A later batch that was written when the broken one was already durable proves that this is no
// torn write. Batches of one write may reach the disk in any order, so its companions prove
// nothing.
void LogReader::judge_tail() {
  const ByteSpan all = contents();
  const auto start = static_cast<std::size_t>(at_);
  for (std::size_t at = find_batch_mark(all, start + 1); at < all.size();
       at = find_batch_mark(all, at + 1)) {
    const auto later = decode_batch(all.subspan(at), header_.identity);
    if (later && later->durable >= expected_) {
      status_ = Status::corruption(
          path_, at_,
          fmt::format("a batch is damaged, and record {} at byte {} proves that it was once sound",
                      later->first.value, at));
      return;
    }
  }
  const auto last_used =
      std::find_if(all.rbegin(), all.rend(), [](std::byte b) { return b != std::byte{0}; });
  torn_bytes_ = static_cast<uint64_t>(all.rend() - last_used) - at_;
}

FileDigest LogReader::digest() const {
  RunningDigest digest;
  digest.update(contents().first(static_cast<std::size_t>(at_)));
  return digest.value();
}

}  // namespace plated
