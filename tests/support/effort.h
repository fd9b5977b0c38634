// How much of a campaign is run: all of its short form in the plain build, a sample under a
// sanitizer, which is there to find other things, and more with PLATED_LONG in the environment.
#pragma once

#include <cstdint>
#include <cstdlib>

namespace plated {

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
inline constexpr bool kSanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif
#else
inline constexpr bool kSanitized = false;
#endif

// Looks for races only, so campaigns of one thread are hardly its affair.
#if defined(__SANITIZE_THREAD__)
inline constexpr bool kThreadSanitized = true;
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
inline constexpr bool kThreadSanitized = true;
#else
inline constexpr bool kThreadSanitized = false;
#endif
#else
inline constexpr bool kThreadSanitized = false;
#endif

inline bool long_form() { return std::getenv("PLATED_LONG") != nullptr; }

// The step of one thread's loop over every place: all of them, or under a sanitizer each
// `sample`-th, and under ThreadSanitizer an eighth of these. Of a place's eight bits it meets all.
constexpr uint64_t every_or(uint64_t sample) {
  return kThreadSanitized ? 8 * sample + 1 : kSanitized ? sample : 1;
}

}  // namespace plated
