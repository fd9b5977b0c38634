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
  auto got = file.value->read(0, std::span(piece).first(kLogHeaderSize));
  if (!got.ok()) {
    return got.status;
  }
  Sequence next = name.first;
  const auto file_header = decode_log_header(ByteSpan(piece).first(got.value), name.path);
  if (!file_header.ok()) {
    return Sequence{next.value - 1};  // whoever reads the file says what is wrong with it
  }
  const uint32_t version = file_header.value.version;
  uint64_t at = kLogHeaderSize;
  for (;;) {
    got = file.value->read(at, piece);
    if (!got.ok()) {
      return got.status;
    }
    const uint64_t piece_at = at;
    for (ByteSpan rest = ByteSpan(piece).first(got.value);;) {
      const auto header = glance_at_batch(rest, version);
      if (!header && rest.size() < batch_header_size(version) && got.value == kPiece) {
        break;  // it goes on in the next piece
      }
      if (!header || header->first != next) {
        return Sequence{next.value - 1};
      }
      next.value += header->records;
      at += batch_header_size(version) + header->payload_bytes;
      if (at - piece_at >= got.value) {
        break;
      }
      rest = ByteSpan(piece).first(got.value).subspan(static_cast<std::size_t>(at - piece_at));
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
  auto header = decode_log_header(reader.contents(), name.path);
  if (!header.ok()) {
    return header.status;
  }
  reader.header_ = header.value;
  if (reader.header_.begin.next != name.first) {
    return Status::corruption(name.path, 16, "the header's first sequence is not the name's");
  }
  reader.expected_ = reader.header_.begin;
  reader.at_ = kLogHeaderSize;
  return reader;
}

Status LogReader::open_file(FileSystem& files) {
  auto file = files.open(path_, OpenMode::read);
  if (!file.ok()) {
    return file.status;
  }
  const auto size = file.value->size();
  if (!size.ok()) {
    return size.status;
  }
  if (size.value > kLogFileSizeMax) {
    return Status::mismatch(path_, "the file is larger than any that plated writes");
  }
  file_ = std::move(file.value);
  contents_ = Contents(static_cast<std::size_t>(size.value));
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
  const auto got = file_->read(read_, piece);
  status_ = got.status;
  if (!got.ok()) {
    return false;
  }
  read_ += got.value;
  check(read_ <= contents_.view().size(), "a file is read into its room");
  if (got.value < piece.size()) {
    file_.reset();
  }
  return true;
}

// Whether only zeros stand in what has not been read, which is looked at and not kept: most of a
// file that was made in advance.
bool LogReader::unread_is_zeros() {
  if (file_ == nullptr || read_ == contents_.view().size()) {
    return true;
  }
  Bytes piece(kPiece);
  for (uint64_t at = read_;;) {
    const auto got = file_->read(at, piece);
    status_ = got.status;
    if (!got.ok() || !only_zeros(ByteSpan(piece).first(got.value))) {
      return false;
    }
    if (got.value < piece.size()) {
      file_.reset();
      return true;
    }
    at += got.value;
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

// The sound batch at the start of `bytes` that was written for this place or another one of this
// file. What another writer wrote was here before the file was.
std::optional<BatchHeader> LogReader::batch_at(ByteSpan bytes) const {
  if (header_.version == 1) {
    return decode_batch_of_format_1(bytes, header_.writer);
  }
  const auto header = decode_batch(bytes);
  return header && header->writer == header_.writer ? header : std::nullopt;
}

// Whether a batch of this writer stands where no crash could have left it. In format 2 an older one
// is a remainder, from when the place was another file's.
bool LogReader::is_misplaced(const BatchHeader& header) const {
  if (header.durable >= header.first) {
    return true;
  }
  if (header_.version == 1) {
    return header.first != expected_.next;
  }
  return header.number > expected_.number ||
         (header.number == expected_.number &&
          (header.first != expected_.next || header.before != expected_.before));
}

// The sound batch that stands next, if one does; else judges what does.
std::optional<BatchHeader> LogReader::next_header() {
  const auto is_next = [this](const std::optional<BatchHeader>& header) {
    return header && (header_.version == 1 || header->number >= expected_.number);
  };
  auto header = batch_at(rest());
  if (is_next(header)) {
    return header;
  }
  if ((only_zeros(rest()) && unread_is_zeros()) || !status_.ok()) {
    return std::nullopt;
  }
  // Beside a writer, what was read a moment ago may be older than what follows it: once more.
  if (!read_anew()) {
    return std::nullopt;
  }
  header = batch_at(rest());
  if (is_next(header)) {
    return header;
  }
  if (!only_zeros(rest())) {
    judge_end();
  }
  return std::nullopt;
}

bool LogReader::next(LogBatch& batch) {
  if (!status_.ok() || torn_bytes_ > 0 ||
      !read_up_to(static_cast<std::size_t>(at_) + kBatchSizeBytesMax)) {
    return false;
  }
  const auto header = next_header();
  if (!header) {
    return false;
  }
  if (is_misplaced(*header)) {
    status_ =
        Status::corruption(path_, at_,
                           fmt::format("a sound batch of record {} stands where record {} belongs",
                                       header->first.value, expected_.next.value));
    return false;
  }
  const std::size_t header_bytes = batch_header_size(header_.version);
  const ByteSpan bytes = rest().first(header_bytes + header->payload_bytes);
  batch = {header->first, header->records, header->durable,
           at_,           bytes,           bytes.subspan(header_bytes)};
  expected_.next.value += header->records;
  if (header_.version != 1) {
    ++expected_.number;
    expected_.before = header->crc;
  }
  at_ += bytes.size();
  check(at_ <= contents().size(), "a sound batch lies within its file");
  return true;
}

// There is no sound batch here, and something else follows.
void LogReader::judge_end() {
  check(status_.ok() && torn_bytes_ == 0, "an end is judged once");
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
  for (std::size_t at = find_batch_mark(all, start + 1, header_.version); at < all.size();
       at = find_batch_mark(all, at + 1, header_.version)) {
    const auto later = batch_at(all.subspan(at));
    if (later && later->durable >= expected_.next) {
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

LogPosition LogReader::position() const {
  check(at_ >= kLogHeaderSize && expected_.next >= header_.begin.next, "a reader is open");
  RunningDigest digest;
  digest.update(contents().first(static_cast<std::size_t>(at_)));
  LogPosition position = expected_;
  position.previous = digest.value();
  return position;
}

}  // namespace plated
