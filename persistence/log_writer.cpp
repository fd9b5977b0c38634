#include "persistence/log_writer.h"

#include <array>

#include "engine/check.h"

namespace plated {

LogWriter::LogWriter(FileSystem& files, std::string directory, SpareFiles& spares,
                     std::function<uint64_t()> new_identity)
    : files_(files),
      directory_(std::move(directory)),
      spares_(spares),
      new_identity_(std::move(new_identity)),
      file_size_(spares.file_size()),
      used_(file_size_) {}

Status LogWriter::open(const LogPosition& position) {
  check(file_ == nullptr && position.next.value >= 1, "a log is opened once");
  next_ = position.next;
  durable_ = Sequence{position.next.value - 1};
  previous_ = position.previous;
  return failed_ = begin_file();
}

// The name appears only when header and zeros are safe, so a log file never has half a header.
Status LogWriter::begin_file() {
  auto spare = spares_.take();
  if (!spare.ok()) {
    return spare.status;
  }
  identity_ = new_identity_();
  std::array<std::byte, kLogHeaderSize> header{};
  encode_log_header({next_, identity_, previous_}, header);
  file_ = std::move(spare.value.file);
  file_size_ = spare.value.size;
  if (Status status = file_->write(0, header); !status.ok()) {
    return status;
  }
  if (Status status = file_->sync(); !status.ok()) {
    return status;
  }
  path_ = directory_ + "/" + log_file_name(next_);
  if (Status status = files_.rename(spare.value.path, path_); !status.ok()) {
    return status;
  }
  if (Status status = files_.sync_directory(directory_); !status.ok()) {
    return status;
  }
  digest_ = RunningDigest();
  digest_.update(header);
  used_ = kLogHeaderSize;
  return {};
}

Status LogWriter::write(BatchBuffer& waiting) {
  check(file_ != nullptr && !closed_, "a log is written while it is open");
  check(waiting.empty() || waiting.batch_first(0) == next_, "the log has no gaps");
  for (std::size_t from = 0; from < waiting.batches() && failed_.ok();) {
    std::size_t to = from;
    for (uint64_t bytes = 0; to < waiting.batches(); ++to) {
      bytes += waiting.batch_bytes(to);
      if (!fits(bytes)) {
        break;
      }
    }
    if (to > from) {
      failed_ = write_run(waiting, from, to);
    } else {
      // What the file holds is synced already; the next one's header seals it.
      previous_ = digest_.value();
      failed_ = begin_file();
    }
    from = to;
  }
  return failed_;
}

Status LogWriter::write_run(BatchBuffer& waiting, std::size_t from, std::size_t to) {
  Sequence end;
  for (std::size_t i = from; i < to; ++i) {
    end = waiting.seal(i, identity_, durable_);
  }
  const ByteSpan bytes = waiting.span(from, to);
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
  next_ = end;
  durable_ = Sequence{end.value - 1};
  return {};
}

Status LogWriter::close() {
  check(file_ != nullptr && !closed_, "a log is closed once");
  closed_ = true;
  if (!failed_.ok() || !fits(kBatchHeaderSize)) {
    return failed_;
  }
  std::array<std::byte, kBatchHeaderSize> closing{};
  encode_batch_header({0, 0, next_, durable_}, identity_, {}, closing);
  failed_ = file_->write(used_, closing);
  if (failed_.ok()) {
    failed_ = file_->sync();
  }
  return failed_ = failed_.at_path(path_);
}

}  // namespace plated
