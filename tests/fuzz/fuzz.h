// What a fuzz target is: a function that takes any bytes. It fails by require(), by a sanitizer, or by not coming back.
// Every target is built twice: with libFuzzer, and with replay.cc as a test that runs it on its corpus.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace expertline::fuzz {

inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

}  // namespace expertline::fuzz
