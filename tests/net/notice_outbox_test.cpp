#include <gtest/gtest.h>

#include <deque>

#include "engine/plate.h"
#include "net/notices/outbox.h"
#include "tests/support/manual_ticks.h"
#include "tests/support/memory_sink.h"
#include "tests/support/world.h"

namespace plated {
namespace {

// A real (not a rehearsal's) world of one owner who has reserved the only plate.
struct OutboxWorld {
  OutboxWorld() : engine({4, EntropySeed{7}}, sink, ticks), outbox(engine, outside()) {
    EXPECT_TRUE(engine.found(false).ok());
    const OfficeCode office = *parse_office("粤B").office;
    const PoolKey pool{office, PlateClass::small, Power::electric};
    EXPECT_TRUE(
        engine.put_office({.office = office, .name = "深圳市车管所"}, kOperator, changes).ok());
    EXPECT_TRUE(engine.set_open(office, true, "", kOperator, changes).ok());
    EXPECT_TRUE(engine.make_pool(pool, DrawSecret{1}, DrawSecret{2}).ok());
    const Plate plate = *parse_plate("粤BD12345").plate;
    EXPECT_TRUE(
        engine.load({.plates = {pool, plate.number, plate.number}}, kOperator).verdict.ok());
    EXPECT_TRUE(engine.import_owner("z1", OwnerKind::person, 1, "sealed", kOperator).ok());
    EXPECT_TRUE(
        engine.import_vehicle({"z1", "LGX123456", pool, "粤B12345"}, false, kOperator).ok());
    const Who who{"z1", "LGX123456"};
    engine.submit({who, "", CodeVerdict::right}, out);
    engine.verify({who, CodeVerdict::right}, out);
    engine.draw({who, 1, false}, out);
    engine.shortlist({who, plate}, out);
    engine.confirm({who, plate}, out);
    EXPECT_EQ(out.refusal, Refusal::none);
    durable = sink.last();
  }

  NoticeOutbox::Outside outside() {
    return {[this](uint64_t, std::string_view) { return personal; },
            [this](SmsMessage message, SmsGateway::Callback callback) {
              if (!gateway_takes) {
                return false;
              }
              sent.push_back(std::move(message));
              callbacks.push_back(std::move(callback));
              return true;
            },
            [this] { return durable; }, [this] { return monotonic; }};
  }
  // The gateway tells how the oldest message went.
  void tell(bool delivered) {
    callbacks.front()(delivered);
    callbacks.pop_front();
  }
  std::size_t pending() { return engine.notices({}, 10).size(); }

  MemorySink sink;
  ManualTicks ticks{kBeginning};
  Engine engine;
  Changes changes;
  Outcome out;
  Sequence durable;
  Millis monotonic{1'000};
  bool gateway_takes = true;
  std::optional<PersonalData> personal = PersonalData{"张三", "13800001234", ""};
  std::vector<SmsMessage> sent;
  std::deque<SmsGateway::Callback> callbacks;
  NoticeOutbox outbox;
};

TEST(NoticeOutbox, TellsPlateAndDeadlineOnceItIsDelivered) {
  OutboxWorld world;
  world.outbox.look();
  world.outbox.look();
  ASSERT_EQ(world.sent.size(), 1U);
  EXPECT_EQ(world.sent[0].to, "13800001234");
  EXPECT_EQ(world.sent[0].id, std::to_string(world.engine.notices({}, 1)[0].id.value));
  EXPECT_NE(world.sent[0].text.find("粤BD12345"), std::string::npos);
  EXPECT_NE(world.sent[0].text.find("2026年3月9日"), std::string::npos);
  EXPECT_NE(world.sent[0].text.find("123456"), std::string::npos);
  EXPECT_TRUE(world.sent[0].text.starts_with("【深圳市车管所】")) << "in the office's name";
  EXPECT_EQ(world.pending(), 1U);
  world.tell(true);
  world.outbox.look();
  EXPECT_EQ(world.pending(), 0U);
  EXPECT_TRUE(world.sink.latest<NoticeSettled>().sent);
  world.outbox.look();
  EXPECT_EQ(world.sent.size(), 1U);
}

TEST(NoticeOutbox, ANoticeIsAskedForAgainBeforeItLeaves) {
  OutboxWorld world;
  world.outbox.look();
  ASSERT_EQ(world.sent.size(), 1U);
  ASSERT_TRUE(world.sent[0].wanted);
  EXPECT_TRUE(world.sent[0].wanted());
  world.personal.reset();
  EXPECT_FALSE(world.sent[0].wanted()) << "its owner was erased while it waited";
  world.tell(false);
  world.monotonic += NoticeOutbox::kBackoffFirst;
  world.outbox.look();
  EXPECT_EQ(world.pending(), 0U) << "nobody is owed it any more";
}

TEST(NoticeOutbox, SaysNothingBeforeItIsDurable) {
  OutboxWorld world;
  world.durable = Sequence{world.sink.last().value - 1};
  world.outbox.look();
  EXPECT_TRUE(world.sent.empty());
  world.durable = world.sink.last();
  world.outbox.look();
  EXPECT_EQ(world.sent.size(), 1U);
}

TEST(NoticeOutbox, WaitsLongerAfterEachFailureAndKeepsTheId) {
  OutboxWorld world;
  Millis pause = NoticeOutbox::kBackoffFirst;
  world.outbox.look();
  for (int failure = 0; failure < 12; ++failure) {
    world.tell(false);
    const std::size_t before = world.sent.size();
    world.monotonic += pause - Millis(1);
    world.outbox.look();
    EXPECT_EQ(world.sent.size(), before) << failure;
    world.monotonic += Millis(1);
    world.outbox.look();
    ASSERT_EQ(world.sent.size(), before + 1) << failure;
    EXPECT_EQ(world.sent.back().id, world.sent.front().id);
    pause = std::min(pause * 2, NoticeOutbox::kBackoffMost);
  }
}

TEST(NoticeOutbox, AnOperatorCanHaveItTriedAtOnce) {
  OutboxWorld world;
  world.gateway_takes = false;
  world.outbox.look();
  world.gateway_takes = true;
  world.outbox.look();
  EXPECT_TRUE(world.sent.empty());
  EXPECT_TRUE(world.outbox.retry(world.engine.notices({}, 1)[0].id));
  world.outbox.look();
  EXPECT_EQ(world.sent.size(), 1U);
  EXPECT_FALSE(world.outbox.retry(world.engine.notices({}, 1)[0].id));  // on its way
  EXPECT_FALSE(world.outbox.retry(Sequence{999'999}));
}

TEST(NoticeOutbox, DropsWhatCanReachNobody) {
  for (const auto& personal :
       {std::optional<PersonalData>{}, std::optional(PersonalData{"张三", "", ""})}) {
    OutboxWorld world;
    world.personal = personal;
    world.outbox.look();
    EXPECT_TRUE(world.sent.empty());
    EXPECT_EQ(world.pending(), 0U);
    EXPECT_FALSE(world.sink.latest<NoticeSettled>().sent);
  }
}

TEST(NoticeOutbox, SettlesLaterWhenTheLogIsFull) {
  OutboxWorld world;
  world.outbox.look();
  world.tell(true);
  world.sink.full = true;
  world.outbox.look();
  EXPECT_EQ(world.pending(), 1U);
  world.sink.full = false;
  world.outbox.look();
  EXPECT_EQ(world.pending(), 0U);
  EXPECT_EQ(world.sent.size(), 1U);
}

TEST(NoticeOutbox, ItsThreadSendsAndStops) {
  OutboxWorld world;
  world.outbox.start();
  world.outbox.stop();
  EXPECT_LE(world.sent.size(), 1U);
}

}  // namespace
}  // namespace plated
