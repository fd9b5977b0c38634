#include "persistence/log_writer.h"

#include <array>

#include "engine/check.h"

namespace plated {
namespace {

// What the end of a file may leave unused, because a batch did not fit.
constexpr uint64_t kLostPerFile = kLogHeaderSize + kBatchSizeBytesMax;
static_assert(kLogFileSizeMin > kLostPerFile);

// Batches that lie one behind the other, as one piece of bytes.
ByteSpan span_of(std::span<const SealedBatch> run) {
  check(!run.empty(), "a run of batches is not empty");
  const std::byte* end = run.front().bytes.data();
  for (const SealedBatch& batch : run) {
    check(batch.bytes.data() == end, "batches of one write lie one behind the other");
    end += batch.bytes.size();
  }
  return {run.front().bytes.data(), end};
}

}  // namespace

LogWriter::LogWriter(FileSystem& files, std::string directory, SpareFiles& spares,
                     std::function<uint64_t()> new_identity)
    : files_(files),
      directory_(std::move(directory)),
      spares_(spares),
      new_identity_(std::move(new_identity)),
      file_size_(spares.file_size()),
      used_(file_size_) {
  check(!directory_.empty(), "a log is in a data directory");
  check(file_size_ >= kLogFileSizeMin, "a log file holds a batch");
}

Result<uint64_t> LogWriter::open(const LogPosition& position) {
  check(file_ == nullptr && failed_.ok(), "a log is opened once");
  check(position.next.value >= 1 && position.number >= 1, "a log begins at 1");
  at_ = position;
  writer_ = new_identity_();
  failed_ = begin_file();
  if (!failed_.ok()) {
    return failed_;
  }
  room_told_.store(room_in_file(), std::memory_order_release);
  return writer_;
}

// The name appears only when header and zeros are safe, so a log file never has half a header.
Status LogWriter::begin_file() {
  auto spare = spares_.take();
  if (!spare.ok()) {
    return spare.status;
  }
  check(spare.value.file != nullptr && spare.value.size >= kLogFileSizeMin,
        "a file made in advance holds a batch");
  std::array<std::byte, kLogHeaderSize> header{};
  encode_log_header({at_, writer_, kLogVersion}, header);
  file_ = std::move(spare.value.file);
  file_size_ = spare.value.size;
  if (Status status = file_->write(0, header); !status.ok()) {
    return status;
  }
  if (Status status = file_->sync(); !status.ok()) {
    return status;
  }
  path_ = directory_ + "/" + log_file_name(at_.next);
  if (Status status = files_.rename(spare.value.path, path_); !status.ok()) {
    return status;
  }
  if (Status status = files_.sync_directory(directory_); !status.ok()) {
    return status;
  }
  digest_ = RunningDigest();
  digest_.update(header);
  used_ = kLogHeaderSize;
  check(fits(kBatchSizeBytesMax), "a file that has just begun has room for any batch");
  return {};
}

CommitAnswer LogWriter::commit(std::span<const SealedBatch> batches) {
  check(file_ != nullptr && !closed_, "a log is written while it is open");
  if (failed_.ok()) {
    failed_ = write_all(batches);
  }
  if (!failed_.ok()) {
    return {LogState::failed, 0, failed_};
  }
  check(used_ <= file_size_, "a file is not written beyond its end");
  check(batches.empty() || at_.next == batches.back().next, "the log goes on behind what it took");
  room_told_.store(room_in_file(), std::memory_order_release);
  return {LogState::ok, batches.size(), {}};
}

Status LogWriter::write_all(std::span<const SealedBatch> batches) {
  while (!batches.empty()) {
    std::size_t count = 0;
    for (uint64_t bytes = 0; count < batches.size(); ++count) {
      bytes += batches[count].bytes.size();
      if (!fits(bytes)) {
        break;
      }
    }
    if (count > 0) {
      if (Status status = write_run(batches.first(count)); !status.ok()) {
        return status;
      }
    } else {
      check(used_ > kLogHeaderSize, "any batch fits into an empty file");
      // What the file holds is synced already; the next one's header seals it.
      at_.previous = digest_.value();
      if (Status status = begin_file(); !status.ok()) {
        return status;
      }
    }
    batches = batches.subspan(count);
  }
  return {};
}

Status LogWriter::write_run(std::span<const SealedBatch> run) {
  for (const SealedBatch& batch : run) {
    const auto header = glance_at_batch(batch.bytes, kLogVersion);
    check(header.has_value() && batch.first == at_.next && header->number == at_.number &&
              header->before == at_.before && header->writer == writer_,
          "batches are written in their order, without a gap");
    at_.next = batch.next;
    ++at_.number;
    at_.before = header->crc;
  }
  return write_and_sync(span_of(run));
}

Status LogWriter::write_and_sync(ByteSpan bytes) {
  check(fits(bytes.size()), "a batch lies within its file");
  if (Status status = file_->write(used_, bytes); !status.ok()) {
    return status.at_path(path_);
  }
  // Between the two: the disk is at work on a large write already.
  digest_.update(bytes);
  if (Status status = file_->sync(); !status.ok()) {
    return status.at_path(path_);
  }
  used_ += bytes.size();
  return {};
}

// The order matters: a file that was ready and is the current one now is never counted twice.
uint64_t LogWriter::room() const {
  const uint64_t current = room_told_.load(std::memory_order_acquire);
  return current + spares_.ready() * (spares_.file_size() - kLostPerFile);
}

Status LogWriter::close(ByteSpan closing) {
  check(file_ != nullptr && !closed_, "a log is closed once");
  closed_ = true;
  if (failed_.ok() && fits(closing.size())) {
    const auto header = glance_at_batch(closing, kLogVersion);
    check(header.has_value() && header->records == 0 && header->first == at_.next,
          "a log is closed by a batch without records");
    failed_ = write_and_sync(closing);
  }
  return failed_;
}

}  // namespace plated
