// Every word of a strategy that means something, misspelt in several ways: each is told at its own column, with the
// right word beside it.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "expertline/check/print.h"

namespace expertline::cli {
namespace {

// A ~ stands before each word that is misspelt in its turn; it is not part of the text.
constexpr const char* kStrategy = R"(~strategy: mortgage
~media: ~voice
~routing_points: [mortgage]
~allow: '"retail" in ~agent.~groups'
~hours: ~retail
~on_bad_data: ~otherwise
~priority: '~user_data.~topic == ~"fraud" ? 10 : 0'
~user_data:
  topic: {~type: ~string, ~one_of: [rates, fraud, other], ~default: ~other}
  amount: {type: ~int, ~required: true}
  card_pin: {type: ~string, ~secret: true}
~steps:
  - ~step: whom the customer knows
    ~only_if: has(~interaction.~last_expert) && ~interaction.~bucket < 50
    ~find: {~expert: ~interaction.~last_expert}
    ~preview: ~none
  - step: a local specialist
    only_if: ~user_data.~amount < 500000 && ~queue.~waiting < 20 && ~ready(~"mortgage") > 0 && ~waited < ~duration("90s")
    find: {~skills: {~mortgage: 3}, ~groups: [~lending], ~states: [~online, ~on_the_phone], ~exclude: '~"carla"'}
    ~where: >-
      ~expert.~site == ~"London" || ~expert.~languages.~exists(l, l == "en") || ~expert.~attributes.~desk == "1"
      || ~expert.state == ~"online" || ~expert.~skills.~mortgage > 3 || ~expert.~id.~startsWith("a")
      || ~expert.~idle_for > ~duration("1m") || ~expert.~load < 0.5
    ~pick: {~weighted: 1.0 - ~expert.~load}
    preview: {~answer_within: 20s, ~offers: 3, ~to: 1, ~show: [~topic], ~message: "About ${~user_data.~topic}", ~ask_again: ~after_timeout}
    ~wait: 20s
    ~relax:
      - {~after: 5s, ~skills: {~mortgage: 2}}
      - {~after: 10s, ~drop: ~where}
      - {~after: 15s, drop: [~groups, ~skills.mortgage]}
  - step: anybody
    find: {}
    pick: ~longest_idle
otherwise:
  - {~only_if: '!~hours.~open', ~voicemail: mortgage-team}
  - {only_if: ~now < ~timestamp("2026-01-01T00:00:00Z"), ~routing_point: elsewhere}
  - {~agent: "Nobody is free."}
~on_accept:
  ~attach: {expert_id: ~expert.~id, number: ~expert.~offers_today, dn: ~expert.dn.~voice}
~voice:
  ~hold_expert: 30s
  ~targets:
    - {~via: ~routing_point, ~routing_point: "7001", ~kinds: [~transfer]}
    - {via: ~direct, kinds: [transfer, ~consult, ~conference]}
)";
constexpr const char* kCalendar = R"(~calendar: retail
~zone: ~Europe/Berlin
~week: {~mon-fri: "09:00-18:00"}
~special:
  - {~date: 2026-12-24, ~open: "09:00-12:00", ~name: Christmas Eve}
)";
constexpr const char* kRoster = R"(~attributes: {desk: ~string}
~experts:
  - {id: ann, ~name: Ann, ~site: London, ~skills: {mortgage: 4}, ~groups: [lending], ~languages: [en], ~capacity: {im: 1}, ~attributes: {desk: "1"}}
  - {~id: carla, ~addresses: {im: "xmpp:carla@example.com"}, ~dns: {voice: "5001"}, ~media: [im, voice], ~guard_rails: {zone: UTC}}
)";

struct Word {
  size_t at;
  std::string text;
};

// The text without its marks, and the words that are marked.
std::string unmarked(std::string_view text, std::vector<Word>& words) {
  const auto is_word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '/'; };
  std::string plain;
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '~') {
      plain += text[at];
      continue;
    }
    const size_t quote = text[at + 1] == '"' ? 1 : 0;
    size_t end = at + 1 + quote;
    while (is_word(text[end]) || text.substr(end, 4) == "-fri") ++end;
    words.push_back({plain.size() + quote, std::string(text.substr(at + 1 + quote, end - at - 1 - quote))});
  }
  return plain;
}

std::vector<std::string> misspelt(const std::string& word) {
  const size_t middle = word.size() / 2;
  std::string swapped = word;
  std::swap(swapped[middle - 1], swapped[middle]);
  std::string capital = word;
  capital[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(word[0])));
  std::vector<std::string> out = {word.substr(0, middle) + word[middle] + word.substr(middle), swapped, capital};
  if (word.size() > 3) out.push_back(word.substr(0, middle) + word.substr(middle + 1));
  std::erase(out, word);
  return out;
}

bool told(const Report& report, const std::string& file, const std::string& text, const Word& word) {
  const auto line = std::count(text.begin(), text.begin() + static_cast<ptrdiff_t>(word.at), '\n') + 1;
  const auto before = word.at == 0 ? std::string::npos : text.rfind('\n', word.at - 1);
  const size_t column = word.at - (before == std::string::npos ? 0 : before + 1) + 1;
  for (const yaml::Issue& issue : report.issues) {
    // What is wrong with a text in an expression is told at its quote.
    const auto at = static_cast<size_t>(issue.mark.column);
    const bool here = at == column || (at + 1 == column && text[word.at - 1] == '"');
    if (issue.file == file && issue.mark.line == line && here && issue.hint.find(word.text) != std::string::npos) {
      return true;
    }
  }
  return false;
}

TEST(Typos, AreToldAtTheirColumnsWithTheRightWord) {
  std::vector<std::vector<Word>> words(3);
  const FileSet right = {{"mortgage.yaml", unmarked(kStrategy, words[0])},
                         {"retail.yaml", unmarked(kCalendar, words[1])},
                         {"roster.yaml", unmarked(kRoster, words[2])}};
  EXPECT_EQ(check({right}, std::nullopt).errors, 0U) << as_text(check({right}, std::nullopt), {});
  size_t tried = 0;
  for (size_t i = 0; i < right.size(); ++i) {
    for (const Word& word : words[i]) {
      for (const std::string& typo : misspelt(word.text)) {
        FileSet files = right;
        files[i].text.replace(word.at, word.text.size(), typo);
        const Report report = check({files}, std::nullopt);
        EXPECT_TRUE(told(report, files[i].name, files[i].text, word)) << word.text << " misspelt " << typo << ":\n"
                                                                      << as_text(report, {});
        ++tried;
      }
    }
  }
  EXPECT_GT(tried, 500U);
}

}  // namespace
}  // namespace expertline::cli
