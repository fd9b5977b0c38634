// A small world that is busy, the files of a server whose engine is that world's, and what its
// state was after any number of records: for tests of everything that recovers.
#pragma once

#include <random>

#include "persistence/checkpoint.h"
#include "tests/persistence/log_world.h"
#include "tests/support/world.h"

namespace plated {

// A few owners who do everything that can be done, by one seed.
class BusyWorld {
 public:
  explicit BusyWorld(uint64_t seed) : random_(seed) {
    world.load_first(120);
    for (uint64_t i = 1; i <= 8; ++i) {
      owners_.push_back(world.picker(i));
    }
    world.settings([](Settings& settings) { settings.draws = 40; });
  }

  void step() {
    const Who who = owners_[random_() % owners_.size()];
    const ApplicationView view = world.look(who);
    switch (random_() % 12) {
      case 0:
        world.pass(Millis(random_() % 200'000));
        break;
      case 1:
        if (!view.shortlist.empty()) {
          world.confirm(who, view.shortlist[random_() % view.shortlist.size()]);
        }
        break;
      case 2:
        if (view.reservation.plate != kNoPlate) {
          (void)world.engine->void_reservation({world.pool, view.reservation.plate}, "asked",
                                               random_() % 4 == 0, kOperator, world.changes);
        }
        break;
      case 3:
        if (view.reservation.plate != kNoPlate && random_() % 3 == 0) {
          (void)world.engine->issue({world.pool, view.reservation.plate}, std::nullopt, kOperator,
                                    world.changes);
          owners_.push_back(world.picker(owners_.size() + 1));
        }
        break;
      case 4:
        if (random_() % 6 == 0) {
          world.pause();
          world.pass(Millis(random_() % 100'000));
          world.resume();
        }
        break;
      case 5:
        if (random_() % 20 == 0) {
          world.pass_days(2);
        }
        break;
      case 6:
      case 7:
        if (!view.batch.empty()) {
          world.shortlist(who, view.batch[random_() % view.batch.size()]);
        }
        break;
      default:
        (void)world.engine->code_leaves(who, CodePurpose::verify, view.number);
        if (view.step == Step::submit) {
          world.submit(who);
        }
        if (view.step != Step::pick) {
          world.verify(who);
        }
        world.draw(who, view.draw + 1, random_() % 3 == 0);
    }
  }
  void steps(int count) {
    for (int i = 0; i < count; ++i) {
      step();
    }
  }
  // A record of 60,000 bytes that changes nothing: a few of them fill a log file.
  void note_at_length() {
    EXPECT_TRUE(world.engine->note_action(std::string(60'000, 'n'), kOperator).ok());
  }

  World world;

 private:
  std::mt19937_64 random_;
  std::vector<Who> owners_;
};

// The files of a server whose engine is the world's: its records, appended as they were.
class Files {
 public:
  explicit Files(BusyWorld& busy, FileSystem& on) : busy_(busy), on_(on) {}

  // Writes what the world has recorded and is not written yet, in one sync for every few appends;
  // at most `appends` of them.
  Status write(LogWorld& log, std::size_t appends = SIZE_MAX) {
    const auto& sink = busy_.world.sink;
    for (; appends_ < sink.appends.size() && appends > 0; ++appends_, --appends) {
      std::vector<Event> events;
      const Now now = sink.records[written_].now;
      for (std::size_t i = 0; i < sink.appends[appends_]; ++i) {
        events.push_back(sink.records[written_ + i].event);
      }
      if (!log.commit().reserve(EventSink::For::command)) {
        return Status::io_error("log", 0, "no room", 0);
      }
      written_ = log.commit().append(now, events).value;
      log.commit().release(EventSink::For::command);
      if (appends_ % 5 == 0) {
        if (Status status = log.sync(); !status.ok()) {
          return status;
        }
        // As the server's own thread does; where that fails the log may still have room.
        (void)log.spares().fill().ok();
      }
    }
    return log.sync();
  }
  // Goes back to the records that a recovery found.
  void rewind(Sequence last) {
    written_ = 0;
    for (appends_ = 0; written_ < last.value; ++appends_) {
      written_ += busy_.world.sink.appends[appends_];
    }
    ASSERT_EQ(written_, last.value) << "one append stands in one batch";
  }
  [[nodiscard]] EngineMaker maker(uint32_t shards = 2) {
    return [this, shards] {
      return std::make_unique<Engine>(EngineOptions{shards, EntropySeed{3}}, sink_, ticks_);
    };
  }
  Result<Recovered> recovered() { return recover(on_, kTestDirectory, maker()); }
  Result<CheckpointReport> checkpoint(Sequence until, bool archive = true) {
    return run_checkpoint(on_, kTestDirectory, until, maker(4), {archive});
  }

 private:
  BusyWorld& busy_;
  FileSystem& on_;
  MemorySink sink_;
  ManualTicks ticks_{kBeginning};
  std::size_t appends_ = 0;
  uint64_t written_ = 0;
};

// The digest that the world had after so many records.
inline Digest digest_at(const BusyWorld& busy, Sequence last) {
  MemorySink sink;
  ManualTicks ticks(kBeginning);
  Engine engine({1, EntropySeed{5}}, sink, ticks);
  for (uint64_t i = 0; i < last.value; ++i) {
    engine.apply(busy.world.sink.records[i]);
  }
  return engine.digest();
}

}  // namespace plated
