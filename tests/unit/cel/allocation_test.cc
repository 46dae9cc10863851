// Evaluating what strategies usually ask takes nothing from the heap.
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

#include "unit/cel/support.h"

namespace {

thread_local size_t allocations = 0;

}  // namespace

// Not inlined, so that the compiler does not take the pair for a mistake.
[[gnu::noinline]] void* operator new(size_t size) {
  ++allocations;
  if (void* const at = std::malloc(size)) return at;
  throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(size_t size, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size);
}
[[gnu::noinline]] void operator delete(void* at) noexcept { std::free(at); }
[[gnu::noinline]] void operator delete(void* at, size_t) noexcept { std::free(at); }

namespace expertline::cel {
namespace {

TEST(Evaluation, TakesNothingFromTheHeap) {
  const Facts facts({{"expert.site", "string", "'Leeds'"},
                     {"agent.site", "string", "'Leeds'"},
                     {"expert.languages", "list(string)", "['en', 'de']"},
                     {"expert.skills", "map(string, int)", "{'mortgage': 3}"},
                     {"user_data.language", "string", "'de'"},
                     {"user_data.amount", "int", "250000"},
                     {"user_data.topic", "string", std::nullopt},
                     {"now", "timestamp", "timestamp('2024-03-10T05:06:07Z')"},
                     {"waited", "duration", "duration('20s')"}});
  for (const char* text : {
           "expert.site == agent.site && user_data.language in expert.languages",
           "user_data.amount * 2 < 500001 && user_data.amount % 7 != 0",
           "user_data.topic == 'fraud' || user_data.language in ['fr', 'de']",
           "expert.skills.mortgage >= 3 && !has(expert.skills.fraud) && expert.skills['mortgage'] + 1 == 4",
           "expert.skills.fraud > 1 || expert.languages[0] == 'en'",
           "expert.languages.exists(l, l.startsWith('d')) && expert.languages.map(l, size(l)) == [2, 2]",
           "expert.site + '/' + agent.site == 'Leeds/Leeds' && expert.site.contains('eed')",
           "now - duration('1h') < now && now.getHours() == 5 && waited > duration('10s')",
           "has(user_data.topic) ? user_data.topic == 'x' : user_data.amount > 10",
       }) {
    const Compiled compiled = compile(text, facts.environment());
    ASSERT_TRUE(compiled.program) << text << ": " << compiled.issues.front().message;
    Arena arena;
    Budget budget;
    const size_t before = allocations;
    const Value value = compiled.program->evaluate(facts, arena, budget);
    EXPECT_EQ(allocations, before) << text;
    EXPECT_TRUE(value.is_true()) << text << ": " << to_text(value);
  }
}

}  // namespace
}  // namespace expertline::cel
