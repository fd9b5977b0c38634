// The disk of the simulation, and the power that it hangs on. A power cut or an error is set for
// the k-th call from now; from then on the calls of a cut disk change nothing, and whatever was
// running ends as if it had stopped there.
#pragma once

#include <cerrno>
#include <cstdint>

#include "tests/support/dice.h"
#include "tests/support/fault_file_system.h"
#include "tests/support/memory_file_system.h"

namespace plated {

class SimulatedDisk {
 public:
  SimulatedDisk() : faults_(memory_) {
    // The pages of a failed sync count as clean: readable, and lost with the power. Where the power
    // was cut, any of them may have come to the disk.
    faults_.on_failed_sync = [this](const std::string& path) {
      if (!cut_) {
        memory_.forget_unsynced(path);
      }
    };
  }

  void cut_power_at(uint64_t call) {
    faults_.fail_call(call, FaultFileSystem::Lasting::for_ever, EIO, FaultFileSystem::Work::none);
    cut_ = true;
    armed_ = true;
  }
  void fail_at(uint64_t call, int error, FaultFileSystem::Work work) {
    faults_.fail_call(call, FaultFileSystem::Lasting::once, error, work);
    cut_ = false;
    armed_ = true;
  }
  void heal() {
    faults_.heal();
    armed_ = false;
  }
  [[nodiscard]] bool armed() const { return armed_; }
  // Whether the call that was meant has come.
  [[nodiscard]] bool struck() const { return armed_ && faults_.failed(); }
  [[nodiscard]] bool power_is_cut() const { return cut_ && struck(); }

  // The power comes back; of what was not synced, everything, nothing or some is there. Nothing
  // that was opened before may be used again.
  void lose_power(Dice& dice) {
    switch (dice.roll(4)) {
      case 0:
        memory_.crash_losing_all();
        break;
      case 1:
        memory_.crash_keeping_all();
        break;
      default:
        memory_.crash(dice.word());
    }
  }

  // As the server sees it, and as an onlooker does.
  [[nodiscard]] FileSystem& files() { return faults_; }
  [[nodiscard]] MemoryFileSystem& memory() { return memory_; }

 private:
  MemoryFileSystem memory_;
  FaultFileSystem faults_;
  bool armed_ = false;
  bool cut_ = false;
};

}  // namespace plated
