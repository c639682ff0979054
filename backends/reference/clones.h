// RIDGEPOINT_CLONES before a function compiles it for several instruction sets and picks one when
// the program starts. Sanitizers cannot run before they are set up, which is when the choice is
// made.
#pragma once

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(RIDGEPOINT_SANITIZED)
#define RIDGEPOINT_CLONES __attribute__((target_clones("avx512f", "fma", "default")))
#else
#define RIDGEPOINT_CLONES
#endif
