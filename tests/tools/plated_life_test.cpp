// A life with threads of its own on a real disk: what is let go is taken up as it was, while the
// process, which holds the directory, lives on. The simulation does the same without threads.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <string>

#include "engine/plate.h"
#include "persistence/data_directory.h"
#include "tools/plated/life.h"

namespace plated {
namespace {

class LifeTest : public testing::Test {
 protected:
  LifeTest() {
    std::string name = testing::TempDir() + "plated-life-XXXXXX";
    directory_ = ::mkdtemp(name.data());
    auto data = DataDirectory::open(posix_file_system(), directory_);
    EXPECT_TRUE(data.ok()) << data.status.text();
    data_ = std::move(data.value);
  }
  ~LifeTest() override { std::filesystem::remove_all(directory_); }

  std::unique_ptr<Life> begin(uint32_t shards) {
    LifeOptions options;
    options.storage.directory = directory_;
    options.storage.shards = shards;
    options.storage.log_file_size = kLogFileSizeMin;
    options.rehearsal = true;
    options.rehearsal_office = office_;
    Life::Outside outside{.storage = {.files = posix_file_system(), .clocks = machine_clocks()}};
    outside.storage.on_durable = [](Sequence) {};
    outside.storage.on_failure = [](const Status& status) { ADD_FAILURE() << status.text(); };
    outside.publish = [](const Changes&) {};
    outside.send_code = [](const SmsMessage&) { return true; };
    outside.send_notice = [](const SmsMessage&, const SmsGateway::Callback&) { return false; };
    outside.every_second = [] {};
    outside.report = [] { return ServiceReport{}; };
    outside.drain = [] {};
    outside.say = [](LogLevel, const std::string&) {};
    auto life = std::make_unique<Life>(options, outside);
    const Status recovered = life->recover();
    EXPECT_TRUE(recovered.ok()) << recovered.text();
    life->start();
    return life;
  }
  void found(Life& life) {
    Changes changes;
    EXPECT_TRUE(life.engine().found(true).ok());
    EXPECT_TRUE(life.engine().put_office({.office = office_}, kNobody, changes).ok());
  }
  void make_owners(Life& life, uint64_t from, uint64_t to) {
    for (uint64_t number = from; number <= to; ++number) {
      ASSERT_TRUE(life.engine().make_rehearsal_owner(number, office_).ok());
    }
  }

  const OfficeCode office_ = *parse_office("粤B").office;
  std::string directory_;
  DataDirectory data_;
};

TEST_F(LifeTest, WhatIsLetGoIsTakenUpAsItWas) {
  std::unique_ptr<Life> life = begin(4);
  found(*life);
  Sequence last;
  for (uint32_t round = 0; round < 4; ++round) {
    make_owners(*life, 1 + round * 50, 50 + round * 50);
    EXPECT_TRUE(life->storage().wait_durable(life->storage().commit().last()));
    life->stop();
    last = life->storage().commit().last();
    const Digest before = life->engine().digest();
    life.reset();
    life = begin(1U << round);
    EXPECT_EQ(life->engine().applied(), last);
    EXPECT_EQ(life->engine().digest(), before);
  }
}

TEST_F(LifeTest, OneThatFinishesLeavesASnapshotOfItsEnd) {
  std::unique_ptr<Life> life = begin(4);
  found(*life);
  make_owners(*life, 1, 20);
  life->stop();
  const Sequence last = life->storage().commit().last();
  EXPECT_EQ(life->finish(), Life::End::safe);
  life.reset();
  life = begin(4);
  EXPECT_EQ(life->storage().found().snapshot, last);
  EXPECT_TRUE(life->engine().has_owner("r-20"));
}

TEST_F(LifeTest, TheProcessKeepsTheDirectoryBetweenTwoLives) {
  begin(4).reset();
  EXPECT_EQ(DataDirectory::open(posix_file_system(), directory_).status.code(), StatusCode::locked);
}

}  // namespace
}  // namespace plated
