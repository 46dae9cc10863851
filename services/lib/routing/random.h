// Randomness that replays: the same seed gives the same draws on every machine and with every standard library
// (std::mt19937_64 is fixed by the standard, its distributions are not).
#pragma once

#include <cstdint>
#include <random>
#include <string_view>

namespace expertline::routing {

using Engine = std::mt19937_64;

// Uniform in [0, n); n > 0: the high half of the product of a random word and n, where words that would make some
// results likelier than others are drawn again (Lemire, "Fast Random Integer Generation in an Interval").
inline uint64_t draw_below(Engine& engine, uint64_t n) {
  for (;;) {
    const auto product = static_cast<unsigned __int128>(engine()) * n;
    const auto low = static_cast<uint64_t>(product);
    if (low >= n || low >= (0 - n) % n) return static_cast<uint64_t>(product >> 64U);
  }
}

// A bijection of 64 bits that looks random (the finaliser of splitmix64).
inline uint64_t mix(uint64_t x) {
  x += 0x9E3779B97F4A7C15U;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9U;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBU;
  return x ^ (x >> 31);
}

// FNV-1a over the bytes, mixed.
inline uint64_t hash_of(std::string_view text) {
  uint64_t hash = 0xCBF29CE484222325U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
  return mix(hash);
}

}  // namespace expertline::routing
