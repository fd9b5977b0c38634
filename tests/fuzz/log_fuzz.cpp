// Whole logs: three sound files, hurt as the input says (bits, cuts, pieces moved, doubled, zeroed,
// files swapped), at times with the checksums made right again. The reader gives a prefix of what
// was written, as it was written, or refuses; a tail that it cut stays cut.
#include <fuzzer/FuzzedDataProvider.h>

#include "engine/check.h"
#include "persistence/log_replay.h"
#include "tests/persistence/log_world.h"
#include "tests/persistence/resealed.h"

namespace plated {
namespace {

struct SoundLog {
  std::vector<std::string> paths;
  std::vector<Bytes> files;

  SoundLog() {
    MemoryFileSystem disk;
    LogPosition position;
    uint64_t number = 0;
    for (uint64_t life = 1; life <= 3; ++life) {
      LogWorld log(disk, position, kLogFileSizeMin, life * 10);
      for (int i = 0; i < 6; ++i) {
        check(log.append(numbered(++number)), "there is room");
        check(i % 2 == 0 || log.sync().ok(), "memory does not fail");
      }
      check(log.commit().finish().ok(), "memory does not fail");
      const auto nothing = [](const Record&) { return Status(); };
      const auto read = replay_log(disk, kTestDirectory, {}, nothing);
      check(read.ok(), "a sound log");
      position = settle_log_tail(disk, kTestDirectory, read.value).value;
    }
    for (const LogFileName& name : list_log_files(disk, kTestDirectory).value) {
      paths.push_back(name.path);
      files.push_back(*disk.contents(name.path));
    }
    check(files.size() == 3, "each life has its file");
  }
};

void hurt(Bytes& bytes, FuzzedDataProvider& input) {
  const auto place = [&] {
    return input.ConsumeIntegralInRange<std::size_t>(0, bytes.empty() ? 0 : bytes.size() - 1);
  };
  if (bytes.empty()) {
    return;
  }
  const std::size_t at = place();
  const std::size_t size =
      std::min(input.ConsumeIntegralInRange<std::size_t>(0, 600), bytes.size() - at);
  const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(at);
  const Bytes piece(begin, begin + static_cast<std::ptrdiff_t>(size));
  switch (input.ConsumeIntegralInRange(0, 5)) {
    case 0:
      bytes[at] ^= static_cast<std::byte>(1U << input.ConsumeIntegralInRange(0, 7));
      break;
    case 1:
      bytes.resize(at);
      break;
    case 2:
      std::fill(begin, begin + static_cast<std::ptrdiff_t>(size), std::byte{0});
      break;
    case 3:
      bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(place()), piece.begin(),
                   piece.end());
      break;
    case 4:
      bytes.erase(begin, begin + static_cast<std::ptrdiff_t>(size));
      break;
    default:
      bytes[at] = static_cast<std::byte>(input.ConsumeIntegral<uint8_t>());
  }
}

// The records of a log as it is; true when it was not refused.
bool read_all(MemoryFileSystem& disk, LogFindings& findings, bool& as_written) {
  as_written = true;
  uint64_t records = 0;
  const auto read = replay_log(disk, kTestDirectory, {}, [&](const Record& record) {
    ++records;
    check(record.sequence.value == records, "records come in order");
    const auto* event = std::get_if<OperatorActed>(&record.event);
    as_written &= event != nullptr && event->what == std::to_string(records);
    return Status();
  });
  check(read.ok() || !read.status.path().empty(), "a refusal names its file");
  findings = read.value;
  return read.ok();
}

void read_hurt_log(FuzzedDataProvider& input) {
  static const SoundLog sound;
  MemoryFileSystem disk;
  (void)disk.make_directory(kTestDirectory).ok();
  std::vector<Bytes> files = sound.files;
  const bool resealed = input.ConsumeBool();
  for (int i = input.ConsumeIntegralInRange(0, 4); i > 0; --i) {
    hurt(files[input.ConsumeIntegralInRange<std::size_t>(0, 2)], input);
  }
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (resealed) {
      reseal_log(files[i]);
    }
    const std::size_t place = input.ConsumeProbability<float>() < 0.1F ? (i + 1) % 3 : i;
    disk.put_file(sound.paths[place], files[i]);
  }
  LogFindings findings;
  bool as_written = true;
  if (!read_all(disk, findings, as_written)) {
    return;
  }
  check(resealed || as_written, "what is read is what was written");
  const uint64_t records = findings.records;
  const auto settled = settle_log_tail(disk, kTestDirectory, findings);
  check(settled.ok() && settled.value.next.value == records + 1, "a log that was read goes on");
  check(read_all(disk, findings, as_written), "a settled log is sound");
  check(findings.records == records, "what was read stays");
  // A file without records keeps its torn bytes until the writer's first file takes its place.
  check(findings.torn_bytes == 0 || findings.last_file_records() == 0, "what was cut stays cut");
}

}  // namespace
}  // namespace plated

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  FuzzedDataProvider input(data, size);
  plated::read_hurt_log(input);
  return 0;
}
