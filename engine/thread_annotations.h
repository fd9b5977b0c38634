// The words by which a class tells clang which mutex guards what; clang compiles with
// -Wthread-safety, and an access without the mutex is an error there. g++ does not know them, nor
// where they may stand, so a macro hides them from it: the one macro of plated, for guarded.h
// and spinning_mutex.h alone.
#pragma once

#if defined(__clang__)
#define PLATED_LOCKING(attribute) __attribute__((attribute))
#else
#define PLATED_LOCKING(attribute)
#endif
