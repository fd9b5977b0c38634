// The least and the most that a load can be told, by a flag as by a scenario's key.
#pragma once

#include <cstdint>

namespace plated::load {

struct Limits {
  int64_t least = 0;
  int64_t most = 0;
};

inline constexpr Limits kOwnerNumbers{0, 999'999'999'999};  // twelve digits of a vehicle
inline constexpr Limits kOwnersAtOnce{1, kOwnerNumbers.most + 1};
inline constexpr Limits kSeeds{0, INT64_MAX};
inline constexpr Limits kConnections{1, 1'000'000};
inline constexpr Limits kThreads{1, 256};
inline constexpr Limits kSourceAddresses{1, 200};
inline constexpr Limits kInFlight{1, 16};  // of the protocol
inline constexpr Limits kBurst{1, 16};

inline constexpr int64_t kTimeMaxMs = int64_t{7} * 24 * 3'600'000;  // a week
inline constexpr Limits kTimesMs{0, kTimeMaxMs};
inline constexpr Limits kGiveUpMs{100, 3'600'000};
inline constexpr Limits kThinkMs{0, 3'600'000};  // however long a distribution's tail is

inline constexpr double kRateLeast = 0.001;
inline constexpr double kRateMost = 10'000'000;

}  // namespace plated::load
