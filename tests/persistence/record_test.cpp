// Events as bytes: round trips, fixed type numbers, and decoding that survives any bytes.
#include "persistence/record.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "persistence/little_endian.h"
#include "tests/persistence/sample_events.h"

namespace plated {
namespace {

const Now kNow{Tick(Millis(123'456)), CivilTime(Millis(1'790'000'000'000))};

Bytes encode(const Event& event) {
  Bytes bytes(encoded_size(event));
  EXPECT_EQ(encode_record(kNow, event, bytes.data()), bytes.data() + bytes.size());
  return bytes;
}

TEST(Record, EveryEventComesBackAsItWas) {
  std::set<uint16_t> seen;
  for (const Event& event : sample_events()) {
    const Bytes bytes = encode(event);
    ByteSpan rest = bytes;
    EventArena arena;
    Record record;
    ASSERT_EQ(decode_record(rest, arena, record), nullptr) << event_name(event);
    EXPECT_TRUE(rest.empty());
    EXPECT_EQ(record.now.tick, kNow.tick);
    EXPECT_EQ(record.now.civil, kNow.civil);
    EXPECT_EQ(event_type(record.event), event_type(event));
    EXPECT_EQ(encode(record.event), bytes) << event_name(event);
    seen.insert(event_type(event));
  }
  EXPECT_EQ(seen.size(), kEventTypes - 1) << "a kind of event has no sample";
}

TEST(Record, ListsAndTextsAreDecodedByValue) {
  const Bytes bytes = encode(Drawn{{"o", "v", 7},
                                   {{25, 'B'}, PlateClass::small, Power::hybrid},
                                   kSampleDays[0],
                                   2,
                                   true,
                                   kSamplePicks,
                                   {},
                                   kSamplePlates,
                                   OfficeTick(Millis(5)),
                                   kNever,
                                   OfficeTick(Millis(6))});
  ByteSpan rest = bytes;
  EventArena arena;
  Record record;
  ASSERT_EQ(decode_record(rest, arena, record), nullptr);
  const Drawn& drawn = std::get<Drawn>(record.event);
  EXPECT_EQ(drawn.application.owner, "o");
  EXPECT_EQ(drawn.application.vehicle, "v");
  EXPECT_EQ(drawn.application.number, 7U);
  EXPECT_EQ(drawn.pool.power, Power::hybrid);
  EXPECT_EQ(drawn.period, kSampleDays[0]);
  EXPECT_TRUE(std::ranges::equal(drawn.taken, kSamplePicks));
  EXPECT_TRUE(drawn.kept.empty());
  EXPECT_TRUE(std::ranges::equal(drawn.released, kSamplePlates));
  EXPECT_EQ(drawn.shortlist_deadline, kNever);
}

// The numbers of a few, spelled out: whoever moves an alternative sees it here first.
TEST(Record, TypeNumbersNeverChange) {
  EXPECT_EQ(event_type(Founded{}), 1);
  EXPECT_EQ(event_type(TermsPublished{}), 5);
  EXPECT_EQ(event_type(OfficeOpened{}), 10);
  EXPECT_EQ(event_type(SegmentLoaded{}), 15);
  EXPECT_EQ(event_type(PeriodBegan{}), 20);
  EXPECT_EQ(event_type(RehearsalOwnerMade{}), 25);
  EXPECT_EQ(event_type(Verified{}), 30);
  EXPECT_EQ(event_type(Drawn{}), 31);
  EXPECT_EQ(event_type(Confirmed{}), 37);
  EXPECT_EQ(event_type(PlateReturned{}), 40);
  EXPECT_EQ(event_type(OperatorActed{}), 46);
  EXPECT_EQ(event_type(OfficeDescribed{}), 47);
  EXPECT_EQ(event_type(CodeMissed{}), 49);
  EXPECT_EQ(event_type(TicketSpent{}), 50);
  EXPECT_EQ(event_type(TicketsRevoked{}), 51);
  EXPECT_EQ(event_type(KeyDestroyed{}), 53);
  EXPECT_EQ(event_type(OfficeVersionsRaised{}), 55);
  uint16_t type = 0;
  for (const Event& event : sample_events()) {
    EXPECT_EQ(event_type(event), ++type);
  }
  EXPECT_EQ(event_name(Drawn{}), "drawn");
  EXPECT_EQ(event_name(OperatorActed{}), "operator_acted");
}

TEST(Record, ARecordCutAnywhereIsNoRecord) {
  for (const Event& event : sample_events()) {
    const Bytes bytes = encode(event);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      ByteSpan rest = ByteSpan(bytes).first(size);
      EventArena arena;
      Record record;
      EXPECT_NE(decode_record(rest, arena, record), nullptr) << event_name(event) << ' ' << size;
      EXPECT_EQ(rest.size(), size);
    }
  }
}

TEST(Record, ARecordWhoseLengthSaysLessOrMoreIsNoRecord) {
  for (const Event& event : sample_events()) {
    Bytes bytes = encode(event);
    bytes.resize(bytes.size() + 8);
    const auto length = get<uint32_t>(bytes.data());
    for (const uint32_t wrong : {length - 1, length + 1, length + 8, 0U, 0xffffffffU}) {
      put(bytes.data(), wrong);
      ByteSpan rest = bytes;
      EventArena arena;
      Record record;
      EXPECT_NE(decode_record(rest, arena, record), nullptr) << event_name(event) << ' ' << wrong;
    }
  }
}

TEST(Record, AnyBytesAreAnEventOrAReasonWhyNot) {
  std::mt19937_64 random(11);
  const auto events = sample_events();
  EventArena arena;
  for (int round = 0; round < 20'000; ++round) {
    Bytes bytes = encode(events[random() % events.size()]);
    const std::size_t changes = 1 + random() % 4;
    for (std::size_t i = 0; i < changes; ++i) {
      bytes[4 + random() % (bytes.size() - 4)] = static_cast<std::byte>(random());
    }
    ByteSpan rest = bytes;
    Record record;
    arena.clear();
    if (decode_record(rest, arena, record) == nullptr) {
      // What was understood says the same when it is written again.
      EXPECT_EQ(encoded_size(record.event), bytes.size());
    }
  }
}

TEST(Record, AnUnknownTypeOrEnumeratorIsRefused) {
  Bytes bytes = encode(OverlayChanged{{25, 'B'}, Overlay::paused, "", kNobody});
  EventArena arena;
  Record record;
  bytes[kRecordHeaderSize + 2] = std::byte{3};
  ByteSpan rest = bytes;
  EXPECT_STREQ(decode_record(rest, arena, record), "an enumerator is unknown");
  put(bytes.data() + 4, static_cast<uint16_t>(kEventTypes));
  EXPECT_STREQ(decode_record(rest, arena, record),
               "a record is of a type that this version does not know");
  put(bytes.data() + 4, uint16_t{0});
  EXPECT_NE(decode_record(rest, arena, record), nullptr);
}

TEST(Record, AListLongerThanItsRecordAsksForNoMemory) {
  Bytes bytes = encode(BatchExpired{{"o", "v", 1}, {{25, 'B'}, {}, {}}, {}});
  put(bytes.data() + bytes.size() - 4, uint32_t{0xffffffff});
  ByteSpan rest = bytes;
  EventArena arena;
  Record record;
  EXPECT_STREQ(decode_record(rest, arena, record), "a list is longer than its record");
}

}  // namespace
}  // namespace plated
