// One event of every kind, every field different from its default. Shared by the tests of this
// room.
#pragma once

#include <array>
#include <vector>

#include "engine/events.h"

namespace plated {

inline const std::array<PlateNumber, 3> kSamplePlates = {PlateNumber{17}, PlateNumber{170'004},
                                                         PlateNumber{1'699'999}};
inline const std::array<Pick, 2> kSamplePicks = {Pick{5, {42}}, Pick{0xfffffffe, {43}}};
inline const std::array<Day, 2> kSampleDays = {Day(std::chrono::days(20'727)),
                                               Day(std::chrono::days(-1))};
inline const std::array<ScheduleRow, 2> kSampleSchedule = {ScheduleRow{0x1f, 540, 1020},
                                                           ScheduleRow{0x40, 0, 1440}};
inline const SettingValues kSampleSettings = {6, 11,        Millis(1), Millis(2), Millis(3), 4,
                                              5, Millis(6), Millis(7), 8,         9};

template <class Bytes>
Bytes counting_from(std::size_t first) {
  Bytes bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<uint8_t>(first + i);
  }
  return bytes;
}

// The later ones: of tickets, of the key store and of the waiting room.
inline std::vector<Event> later_sample_events(OfficeCode office, Actor actor) {
  const CivilTime civil{Millis(1'790'000'000'123)};
  const Day day{std::chrono::days(20'730)};
  const auto commitment = counting_from<Commitment>(1);
  return {
      TicketSpent{{1, 2, 3}, {4, 5, 6}, civil},
      TicketsRevoked{"o-1", "", civil, civil, "a phone was stolen", actor},
      KeysMade{{12, commitment}},
      KeyDestroyed{7, {13, commitment}},
      OwnerVersionsRaised{"o-1", "LGXCE4CB6P0123456", false},
      OfficeVersionsRaised{office},
      WaitingRoomSet{office, {100, Millis(8), Millis(9), 300}, actor},
      LobbyCommitted{office, day, commitment},
      Queued{office, "o-1", civil},
      LobbyOrdered{office, civil, day, counting_from<LobbySeed>(3), 50},
      Admitted{office, "o-1", OpenTick{Millis(77)}},
      PassedOver{office, "o-1", OpenTick{Millis(78)}},
      PlaceEnded{office, "o-1", PlaceEnd::erased},
  };
}

// Text and lists point to constants; the events live for ever.
inline std::vector<Event> sample_events() {
  const PoolKey pool{{25, 'B'}, PlateClass::large, Power::hybrid};
  const ApplicationRef application{"o-1", "LGXCE4CB6P0123456", 3};
  const Actor actor{1000};
  const PlateNumber plate{77};
  const CivilTime civil{Millis(1'790'000'000'123)};
  const OfficeTick tick{Millis(987'654'321)};
  const Day day{std::chrono::days(20'730)};
  const auto commitment = counting_from<Commitment>(1);
  const auto voucher = counting_from<VoucherCode>(0xf0);
  std::vector<Event> events = {
      Founded{true},
      TimeRecorded{},
      ClockSuspended{civil},
      ClockAccepted{actor},
      TermsPublished{"2026-01", "选号须知", "Terms", actor},
      OfficeNamed{pool.office, "深圳", "Asia/Shanghai", actor},
      SettingsChanged{pool.office, kSampleSettings, "2026-01", actor},
      ScheduleChanged{pool.office, kSampleSchedule, actor},
      HolidaysChanged{pool.office, kSampleDays, kSampleDays, actor},
      OfficeOpened{pool.office, true, "early", actor},
      OverlayChanged{pool.office, Overlay::maintenance, "why", actor},
      DayBegan{pool.office, day},
      PoolMade{pool},
      SegmentListed{pool, 2, kSamplePlates},
      SegmentLoaded{pool, 2, {1}, {9}, true, 9, civil, "first", actor},
      SegmentReleased{pool, 2},
      PlatesWithheld{pool, kSamplePicks, "kept", actor},
      PlatesRestored{pool, kSamplePlates, "back", actor},
      SecretCommitted{pool, day, commitment},
      PeriodBegan{pool, day},
      OwnerImported{"o-1", OwnerKind::organisation, 12, std::string_view("\x00\xff sealed", 9),
                    actor},
      OwnerErased{"o-1", actor},
      VehicleImported{"o-1", "LGXCE4CB6P0123456", pool, "粤B12345", actor},
      VehicleMoved{"o-2", "LGXCE4CB6P0123456", "o-1", pool, "粤B12345", 4, 18, actor},
      RehearsalOwnerMade{"r-7", "RHRSL000000000007", pool},
      CountdownsLengthened{"o-1", 3, "asked", actor},
      Blacklisted{"o-1", civil, "sold a plate", actor},
      BlacklistLifted{"o-1", "mistake", actor},
      Submitted{application, 5, "2026-01"},
      Verified{application, tick},
      Drawn{application, pool, day, 2, true, kSamplePicks, kSamplePlates, kSamplePlates, tick,
            kNever, tick},
      Shortlisted{application, pool, plate, {78}, tick, tick},
      BatchExpired{application, pool, kSamplePlates},
      ShortlistExpired{application, pool, kSamplePlates},
      HoldsForfeited{application, pool, kSamplePlates, 1},
      VerificationEnded{application},
      Confirmed{application, pool, plate, true, day, voucher, kSamplePlates},
      Reminded{application, pool, plate, day},
      Lapsed{application, pool, plate, tick, civil},
      PlateReturned{"o-1", pool, plate},
      Issued{application, pool, plate, day, actor},
      Voided{application, pool, plate, tick, civil, "gone", actor},
      Extended{application, pool, plate, day, "ill", actor},
      ApplicationBegan{application},
      NoticeSettled{"o-1", Sequence{99}, false},
      OperatorActed{"snapshot", actor},
      OfficeDescribed{pool.office, "深南大道 1 号", "0755-12345678", "9:00-17:00", actor},
      CodeSent{application, CodePurpose::verify, day},
      CodeMissed{application, day},
  };
  for (const Event& event : later_sample_events(pool.office, actor)) {
    events.push_back(event);
  }
  return events;
}

}  // namespace plated
