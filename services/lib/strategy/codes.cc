#include "strategy/codes.h"

#include <algorithm>
#include <vector>

namespace expertline::strategy {
namespace {

constexpr auto kError = yaml::Issue::Severity::kError;
constexpr auto kWarning = yaml::Issue::Severity::kWarning;

constexpr Code kCodes[] = {
    {"always_fails", kError, "a part of an expression that has no value, whatever the request is",
     "It divides by zero, or asks for a length of time, a moment, a pattern, a time zone or a number that is written\n"
     "wrong. Whatever is decided by it would never hold.",
     "only_if: waited > duration(\"5 minutes\")", "only_if: waited > duration(\"5m\")"},
    {"always_false", kWarning, "a condition that never holds",
     "Whatever the request is, the condition gives false: some part of it rules out the rest. A step with such an\n"
     "only_if is never tried, a step with such a where finds nobody.",
     "only_if: user_data.vip && false", "only_if: user_data.vip"},
    {"always_true", kWarning, "a condition that always holds",
     "Whatever the request is, the condition gives true. Leave it out, or see which part makes the rest of no account.",
     "where: expert.site == agent.site || true", "where: expert.site == agent.site"},
    {"ask_again_never", kWarning, "ask_again has no offer left",
     "With as many offers as are made at once, everything is used up in the first round, and nobody is asked again.",
     "preview: {offers: 1, ask_again: after_timeout}", "preview: {offers: 4, ask_again: after_timeout}"},
    {"bad_bool", kError, "neither true nor false",
     "Only true and false are understood, in small letters and without quotes; yes, no, on and off are not.",
     "required: yes", "required: true"},
    {"bad_date", kError, "not a day of the calendar",
     "A date is written year-month-day, with four, two and two digits, and must exist.", "- {date: 24.12.2026}",
     "- {date: 2026-12-24}"},
    {"bad_duration", kError, "not a length of time",
     "Whole numbers with their units h, m, s and ms, the largest first.", "wait: 20", "wait: 20s"},
    {"bad_expression", kError, "not an expression",
     "The text cannot be read as an expression of the Common Expression Language. The caret shows where it stops\n"
     "making sense. Comparing is ==, and is &&, or is ||, not is !; texts are in quotes.",
     "only_if: user_data.topic = \"fraud\"", "only_if: user_data.topic == \"fraud\""},
    {"bad_hours", kError, "not hours of a day",
     "Hours are written from-to with four digits each, from 00:00 to 24:00, and end after they begin. Hours over\n"
     "midnight are two: until 24:00 on one day, from 00:00 on the next.",
     "mon: 9-18", "mon: \"09:00-18:00\""},
    {"bad_id", kError, "not an id",
     "Names by which others refer to something have 1 to 128 letters, digits, or . _ @ - and no blanks.",
     "strategy: mortgage im", "strategy: mortgage-im"},
    {"bad_key", kError, "not a key of user data", "Keys of user data have 1 to 255 bytes.", "", ""},
    {"bad_level", kError, "not a level of a skill", "A least level from 1 to 5, a range of them in quotes, or any.",
     "skills: {mortgage: good}", "skills: {mortgage: 3, stocks: \"2-4\", english: any}"},
    {"bad_number", kError, "not a whole number",
     "Digits only, perhaps with a minus sign before them; without quotes, leading zeros or separators.",
     "offers: \"3\"", "offers: 3"},
    {"bad_value", kError, "a value that its key does not take",
     "Each field of an expert and of a source of presence has its own rule, which the message says; docs/roster.md "
     "and\n"
     "docs/sources.md have them all.",
     "", ""},
    {"bad_word", kError, "not a word of another system",
     "A word is a text of at most 64 bytes; a pair is two of them with a slash between, and the second may be a star "
     "for\n"
     "any other.",
     "", ""},
    {"bound_twice", kError, "a name that is taken",
     "A routing point belongs to one strategy, and a strategy, a calendar and a candidate have their names for\n"
     "themselves. The hint says who had it first.",
     "", ""},
    {"date_twice", kError, "a special day that is named twice",
     "Each day is special in one way only: put both into one entry.",
     "- {date: 2026-12-24, open: \"09:00-10:00\"}\n"
     "- {date: 2026-12-24, open: \"11:00-12:00\"}",
     "- {date: 2026-12-24, open: [\"09:00-10:00\", \"11:00-12:00\"]}"},
    {"day_twice", kError, "a day of the week that is named twice",
     "Each day belongs to one key; a range such as mon-fri names all days in it.",
     "week: {mon-fri: \"09:00-18:00\", wed: []}", "week: {mon-tue: \"09:00-18:00\", thu-fri: \"09:00-18:00\"}"},
    {"default_not_one_of", kError, "a default that one_of does not have",
     "The default must be a value that would be taken if it were attached.",
     "topic: {type: string, one_of: [rates, fraud], default: other}",
     "topic: {type: string, one_of: [rates, fraud], default: rates}"},
    {"duplicate", kWarning, "something that is in a list twice", "The second one changes nothing.",
     "groups: [retail, retail]", "groups: [retail]"},
    {"duplicate_expert", kError, "an expert who is in the roster twice", "Each id belongs to one expert.", "", ""},
    {"duplicate_step", kError, "two steps of one name",
     "Explanations, metrics and tests name steps, so each needs a name of its own.", "", ""},
    {"duplicate_value", kError, "a value that an expert has twice",
     "The same language, group or medium is in a list of the roster twice.", "", ""},
    {"empty", kError, "nothing where something is needed",
     "A text or a list is there and has nothing in it. Where nothing is meant, leave out the key.", "otherwise: []",
     "otherwise:\n"
     "  - {agent: \"Nobody is free; please offer a call back.\"}"},
    {"expression_limit", kError, "an expression that is too long or nested too deep",
     "So that no expression can keep a decision waiting, its length and nesting are limited. Declare less in one\n"
     "place, or make two steps of it.",
     "", ""},
    {"hours_overlap", kError, "hours that overlap", "Hours of one day must not overlap; they may touch.",
     "mon: [\"09:00-13:00\", \"12:00-18:00\"]", "mon: [\"09:00-12:00\", \"13:00-18:00\"]"},
    {"key_not_a_name", kWarning, "user data that expressions cannot read",
     "A key with a blank, a minus or a dot in it can be carried, checked and shown, but user_data.KEY in an "
     "expression\n"
     "would mean something else.",
     "account-no: {type: string}", "account_no: {type: string}"},
    {"long_wait", kWarning, "a long wait",
     "While a step waits, an agent waits, and the customer with him. Beyond a quarter of an hour an answer is hardly\n"
     "of use to anybody.",
     "wait: 30m", "wait: 2m"},
    {"missing_key", kError, "a key that must be there is not", "The message says which, and of what.", "", ""},
    {"name_not_here", kError, "expert where there is none yet",
     "Whether a strategy or a step is tried at all, whom it finds, the priority and otherwise are decided before "
     "there\n"
     "is an expert. Only where, pick, preview.message and on_accept.attach ask about one.",
     "only_if: expert.site == agent.site", "where: expert.site == agent.site"},
    {"names_nobody", kWarning, "an expert with an empty name",
     "A step whose find.expert is empty is passed over each time.", "find: {expert: '\"\"'}",
     "find: {expert: user_data.expert_id}"},
    {"no_hours", kError, "hours.open without a calendar",
     "hours.open asks the calendar that the strategy names under hours.",
     "otherwise:\n"
     "  - {only_if: '!hours.open', voicemail: retail}",
     "hours: retail\n"
     "otherwise:\n"
     "  - {only_if: '!hours.open', voicemail: retail}"},
    {"no_skill", kWarning, "best_skill without a skill",
     "best_skill compares the levels of the skills in the step's find. Where it names none, all are equally good.",
     "find: {groups: [retail]}\n"
     "pick: best_skill",
     "find: {skills: {mortgage: any}, groups: [retail]}\n"
     "pick: best_skill"},
    {"nobody_new", kWarning, "a step that finds nobody new",
     "An earlier step that is tried whenever this one is asks for no more than this one does, so it has found the "
     "same\n"
     "experts before; whoever was asked is not asked again for the same leg. Ask for less in the later step, or leave\n"
     "it out.",
     "- {step: any, find: {skills: {mortgage: any}}}\n"
     "- {step: good, find: {skills: {mortgage: 4}}}",
     "- {step: good, find: {skills: {mortgage: 4}}}\n"
     "- {step: any, find: {skills: {mortgage: any}}}"},
    {"not_filled_in", kWarning, "a text with a name that is not filled in",
     "In a text, the value of an expression stands where ${...} is; anything else is shown as it is written.",
     "message: \"About {user_data.topic}\"", "message: \"About ${user_data.topic}\""},
    {"not_one_of", kError, "a comparison with a value that cannot be",
     "The user data is declared with one_of, and this value is none of them: the comparison would never hold.",
     "user_data: {topic: {type: string, one_of: [rates, fraud]}}\n"
     "priority: 'user_data.topic == \"fruad\" ? 10 : 0'",
     "user_data: {topic: {type: string, one_of: [rates, fraud]}}\n"
     "priority: 'user_data.topic == \"fraud\" ? 10 : 0'"},
    {"not_voice", kWarning, "a call sent to a strategy that is not for voice",
     "The target of a voice transfer is a routing point whose strategy has another medium.", "", ""},
    {"not_with_direct", kError, "a routing point for a direct call",
     "A direct target goes to the expert's own number, so it has no routing point.",
     "- {via: direct, routing_point: \"7001\", kinds: [transfer]}", "- {via: direct, kinds: [transfer]}"},
    {"offers_below_to", kError, "fewer offers than are made at once",
     "offers counts everybody whom the step asks, so it is at least as many as are asked at once.",
     "preview: {to: 3, offers: 2}", "preview: {to: 3, offers: 6}"},
    {"one_target", kError, "not exactly one place to go",
     "An entry of otherwise has one of voicemail, agent, routing_point and dn, and besides that at most an only_if.",
     "- {voicemail: retail, agent: \"Sorry.\"}", "- {voicemail: retail}"},
    {"otherwise_open", kError, "an end that may not be reached",
     "Every request must end somewhere, so the last entry of otherwise has no condition.",
     "otherwise:\n"
     "  - {only_if: '!hours.open', voicemail: retail}",
     "otherwise:\n"
     "  - {only_if: '!hours.open', voicemail: retail}\n"
     "  - {agent: \"Nobody is free.\"}"},
    {"out_of_range", kError, "too small, too large or too many", "The message says what is possible.", "", ""},
    {"relax_order", kError, "relax out of order",
     "The entries of relax are read in order of time; each comes later than the one before it.", "", ""},
    {"relax_tightens", kError, "relax that does not ask for less",
     "While a step waits it can only ask for less, so that more experts fit. This entry asks for something that was\n"
     "not asked for, or for the same.",
     "find: {skills: {mortgage: 3}}\n"
     "relax: [{after: 5s, skills: {mortgage: 4}}]",
     "find: {skills: {mortgage: 3}}\n"
     "relax: [{after: 5s, skills: {mortgage: 2}}]"},
    {"relax_too_late", kError, "relax after the wait is over", "The step has ended by then.",
     "wait: 20s\n"
     "relax: [{after: 30s, drop: where}]",
     "wait: 40s\n"
     "relax: [{after: 30s, drop: where}]"},
    {"relax_unasked", kError, "relax of something that is not asked for",
     "What relax drops or lowers must be in the step's find or where, and not be dropped already.",
     "find: {skills: {mortgage: 3}}\n"
     "relax: [{after: 5s, skills: {morgage: 2}}]",
     "find: {skills: {mortgage: 3}}\n"
     "relax: [{after: 5s, skills: {mortgage: 2}}]"},
    {"relax_without_wait", kError, "relax in a step that does not wait",
     "What a step no longer asks for is told by the time it has waited, so it needs a wait.",
     "relax: [{after: 5s, drop: where}]",
     "wait: 20s\n"
     "relax: [{after: 5s, drop: where}]"},
    {"required_default", kWarning, "required and with a default",
     "A value that has a default is never missing. Leave out required, or the default.",
     "topic: {type: string, required: true, default: rates}", "topic: {type: string, required: true}"},
    {"routing_loop", kError, "routing points that send to each other in a circle",
     "What nobody takes would go round for ever. Conditions on the way do not help: all of them may hold at once. The\n"
     "message shows the way.",
     "", ""},
    {"secret_shown", kError, "a secret where people can read it",
     "Secret user data travels with the call and may be compared and attached; it must not be in a preview, a "
     "message,\n"
     "or any other text.",
     "show: [card_pin]", "show: [topic]"},
    {"shadow_of_nothing", kWarning, "a candidate without a live strategy",
     "A file NAME.shadow.yaml has a strategy of the same name as the live one beside which it decides. There is none\n"
     "of that name.",
     "", ""},
    {"similar_name", kWarning, "two skills that differ by one letter",
     "It may be a slip of the hand, and then the step finds nobody. With --roster the names are checked against the\n"
     "experts instead.",
     "- {step: good, find: {skills: {mortgage: 4}}}\n"
     "- {step: any, find: {skills: {mortage: any}}}",
     "- {step: good, find: {skills: {mortgage: 4}}}\n"
     "- {step: any, find: {skills: {mortgage: any}}}"},
    {"text_not_closed", kError, "${ without }",
     "In texts, ${ begins an expression, which ends with }. For the two characters themselves write $${.",
     "message: \"About ${user_data.topic\"", "message: \"About ${user_data.topic}\""},
    {"too_many", kError, "a list of the roster that is too long", "The message says how many there may be.", "", ""},
    {"unbound_routing_point", kWarning, "a routing point that no strategy here has",
     "All is well if it is the platform's own. If it should be one of ours, it is misspelt, or its strategy was not\n"
     "among the files.",
     "", ""},
    {"undeclared", kError, "user data that is not declared",
     "What a strategy reads or shows is declared under user_data with its type. The hint has the nearest name that is\n"
     "declared.",
     "user_data: {topic: {type: string}}\n"
     "only_if: user_data.tpic == \"fraud\"",
     "user_data: {topic: {type: string}}\n"
     "only_if: user_data.topic == \"fraud\""},
    {"unknown_attribute", kError, "an attribute that no expert has",
     "No expert of the roster has this attribute, so asking for it never matches.", "", ""},
    {"unknown_calendar", kError, "a calendar that is not there",
     "hours names a calendar, which is a file of its own that begins with calendar: NAME. It must be among the files.",
     "hours: retial", "hours: retail"},
    {"unknown_day", kError, "not a day of the week",
     "Days are mon, tue, wed, thu, fri, sat, sun, ranges of them such as mon-fri, and daily.",
     "week: {monday: \"09:00-18:00\"}", "week: {mon: \"09:00-18:00\"}"},
    {"unknown_expert", kError, "an expert who is not in the roster",
     "A text in find.expert, exclude or a comparison with expert.id must be the id of somebody.", "", ""},
    {"unknown_function", kError, "a function that does not exist",
     "The hint has the nearest one that does; docs/expressions.md lists them.", "where: sise(expert.groups) > 1",
     "where: size(expert.groups) > 1"},
    {"unknown_group", kError, "a group that no expert is in", "No expert of the roster is in this group.", "", ""},
    {"unknown_key", kError, "a key that does not belong here",
     "The message says what has no such key, the hint which one is near. A text with a comma in {...} needs quotes, "
     "or\n"
     "what follows the comma is taken for a key.",
     "otherwise:\n"
     "  - {agent: Nobody is free, please call back}",
     "otherwise:\n"
     "  - {agent: \"Nobody is free, please call back\"}"},
    {"unknown_language", kError, "a language that no expert speaks", "No expert of the roster has this language.", "",
     ""},
    {"unknown_name", kError, "a name that does not exist",
     "Expressions may read user_data, agent, interaction, expert, queue, hours.open, now and waited. A text needs\n"
     "quotes of its own, inside those of YAML.",
     "find: {expert: ann}", "find: {expert: '\"ann\"'}"},
    {"unknown_site", kError, "a site where no expert is", "No expert of the roster is at this site.", "", ""},
    {"unknown_skill", kError, "a skill that no expert has", "No expert of the roster has this skill.", "", ""},
    {"unknown_state", kError, "not a state of presence",
     "The states are online, busy, away, on_the_phone, appear_offline and offline; nobody who is offline can be "
     "asked,\n"
     "so a step cannot ask for that.",
     "find: {states: [online, bussy]}", "find: {states: [online, busy]}"},
    {"unknown_word", kError, "not one of the words that may stand here", "The message lists them.", "pick: rndom",
     "pick: random"},
    {"unknown_zone", kError, "not a time zone",
     "Time zones have names such as Europe/Berlin, as in the database of time zones.", "zone: CET+1",
     "zone: Europe/Berlin"},
    {"unreachable", kError, "an entry that is never reached",
     "An entry of otherwise without a condition always applies; what follows it is never looked at.",
     "otherwise:\n"
     "  - {agent: \"Nobody is free.\"}\n"
     "  - {voicemail: retail}",
     "otherwise:\n"
     "  - {only_if: '!hours.open', voicemail: retail}\n"
     "  - {agent: \"Nobody is free.\"}"},
    {"unused_hours", kWarning, "a calendar that nothing asks",
     "Naming a calendar does not close a strategy by itself: a condition must ask hours.open.", "", ""},
    {"unused_user_data", kWarning, "user data that is declared and not used",
     "Nothing reads, shows or checks it. What is not declared is carried along, too.", "", ""},
    {"unusual_medium", kWarning, "a medium that looks misspelt",
     "Usual media are im and voice; another is possible, but this one is nearly one of those.", "media: vioce",
     "media: voice"},
    {"weight_constant", kWarning, "the same weight for all",
     "Weights that do not depend on the expert make a plain random pick.", "pick: {weighted: 2}", "pick: random"},
    {"weight_never", kError, "a weight that nobody can have", "With a weight of 0 or less nobody is ever picked.",
     "pick: {weighted: 0}", "pick: {weighted: 1.0 - expert.load}"},
    {"word_twice", kError, "a word of another system that is there twice",
     "Upper and lower case are the same in the words of other systems, so each has one meaning.", "", ""},
    {"wrong_literal", kError, "a value that is not of its type",
     "The default and the values of one_of are of the declared type.", "amount: {type: int, default: 010}",
     "amount: {type: int, default: 10}"},
    {"wrong_result", kError, "an expression that gives something else",
     "Conditions give true or false, priority gives a whole number, weights are numbers, find.expert gives a text;\n"
     "texts and attached data take single values only.",
     "where: expert.site", "where: expert.site == agent.site"},
    {"wrong_type", kError, "a list, a map or a single value where another is needed",
     "The message says what is needed.", "groups: retail", "groups: [retail]"},
    {"wrong_types", kError, "values that do not go together",
     "An operator or a function is not defined for these types, such as comparing a number with a text. Convert one "
     "of\n"
     "them, or change the declaration.",
     "only_if: user_data.amount < \"5\"", "only_if: user_data.amount < 5"},
    {"yaml_after_bracket", kError, "text after a closing bracket",
     "A value that begins with [ or { ends with its bracket. YAML reads something else than is written here, or\n"
     "nothing. In quotes the text is what it is.",
     "where: [1, 2].size() > 1", "where: '[1, 2].size() > 1'"},
    {"yaml_after_quote", kError, "text after a closing quote",
     "A value that begins with a quote ends with it, so an expression that begins with a text needs quotes around all\n"
     "of it. An apostrophe within single quotes is written twice.",
     "allow: \"retail\" in agent.groups", "allow: '\"retail\" in agent.groups'"},
    {"yaml_alias", kError, "a value that begins with *",
     "To YAML that is an alias, a reference to another place of the file. Aliases are not allowed. YAML reads\n"
     "something else than is written here, or nothing. In quotes the text is what it is.",
     "message: *urgent*", "message: '*urgent*'"},
    {"yaml_anchor", kError, "a value that begins with &",
     "To YAML that is an anchor, which names a place of the file. Anchors are not allowed. YAML reads something else\n"
     "than is written here, or nothing. In quotes the text is what it is.",
     "owner: &retail", "owner: '&retail'"},
    {"yaml_bracket", kError, "brackets that do not fit",
     "In [...] and {...} a text with one of , [ ] { } needs quotes, and each bracket is closed by its like.",
     "preview: {message: About ${user_data.topic}}", "preview: {message: \"About ${user_data.topic}\"}"},
    {"yaml_colon", kError, "a colon and a space in an unquoted value",
     "To YAML that is a key and its value. YAML reads something else than is written here, or nothing. In quotes the\n"
     "text is what it is.",
     "priority: user_data.vip ? 10 : 0", "priority: 'user_data.vip ? 10 : 0'"},
    {"yaml_colon_space", kError, "no space after the colon", "A key, a colon, a space, a value.", "wait:20s",
     "wait: 20s"},
    {"yaml_comment", kWarning, "a comment that may be none",
     "From a # after a blank on, YAML reads a comment. Whoever means a comment puts a space after the #.",
     "message: Ticket #5 is open", "message: \"Ticket #5 is open\""},
    {"yaml_control_character", kError, "a control character", "An invisible character, often from copying. Delete it.",
     "", ""},
    {"yaml_dash_space", kError, "no space after the dash", "An item of a list is a dash, a space and the item.",
     "-step: specialist\n"
     "  find: {skills: {mortgage: 3}}",
     "- step: specialist\n"
     "  find: {skills: {mortgage: 3}}"},
    {"yaml_duplicate_key", kError, "a key that is there twice",
     "Each key has one value; YAML would silently take the last. The hint says where the first one is.", "", ""},
    {"yaml_empty", kError, "an empty file", "There is nothing in it, or only comments.", "", ""},
    {"yaml_key", kError, "a key that is no text", "A list, a map or nothing stands where a key should.", "", ""},
    {"yaml_not_utf8", kError, "a file that is not UTF-8",
     "Save it in UTF-8; umlauts from older programs are often in another encoding.", "", ""},
    {"yaml_quote", kError, "a quote that is not closed",
     "Inside single quotes, a quote is written twice; inside double quotes, with a backslash before it.",
     "description: \"For urgent questions", "description: \"For urgent questions\""},
    {"yaml_reserved", kError, "a value that begins with a character of YAML's own",
     "A value must not begin with %, @, `, | or >. YAML reads something else than is written here, or nothing. In\n"
     "quotes the text is what it is.",
     "message: @ann will know", "message: \"@ann will know\""},
    {"yaml_second_document", kError, "a second document",
     "--- begins another document. One file holds one strategy or one calendar.", "", ""},
    {"yaml_syntax", kError, "not YAML",
     "The structure cannot be read; most often the indentation of this line or the one before does not fit.", "", ""},
    {"yaml_tab", kError, "a tab in the indentation", "YAML indents with spaces only.", "", ""},
    {"yaml_tag", kError, "a value that begins with !",
     "To YAML that is a tag, and the rest may silently disappear. YAML reads something else than is written here, or\n"
     "nothing. In quotes the text is what it is.",
     "only_if: !hours.open", "only_if: '!hours.open'"},
    {"yaml_too_deep", kError, "nested too deep", "No strategy needs that; see whether a bracket is not closed.", "",
     ""},
    {"yaml_too_large", kError, "a file that is too large", "Strategies and calendars have at most 256 KiB.", "", ""},
};

std::string indented(std::string_view text, std::string_view indent) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    out += std::string(indent) + std::string(text.substr(at, end - at)) + "\n";
    at = end + 1;
  }
  return out;
}

const char* severity_name(const Code& code) { return code.severity == kError ? "error" : "warning"; }

}  // namespace

std::span<const Code> codes() { return kCodes; }

const Code* find_code(std::string_view code) {
  const auto found =
      std::find_if(std::begin(kCodes), std::end(kCodes), [&](const Code& one) { return code == one.code; });
  return found == std::end(kCodes) ? nullptr : found;
}

std::string explained(const Code& code) {
  std::string out =
      std::string(code.code) + " (" + severity_name(code) + "): " + code.title + "\n\n" + code.meaning + "\n";
  if (*code.wrong != '\0') out += "\nwrong:\n" + indented(code.wrong, "    ");
  if (*code.right != '\0') out += "\nright:\n" + indented(code.right, "    ");
  return out;
}

std::string codes_document() {
  std::string out =
      "# The codes of `expertline check`\n\n"
      "Each issue has a code, which stays the same from version to version. `expertline check --explain CODE` prints "
      "what\n"
      "stands here. An error keeps the files from being loaded, a warning does not.\n";
  for (const Code& code : kCodes) {
    out += std::string("\n## ") + code.code + "\n" + (code.severity == kError ? "Error" : "Warning") + ": " +
           code.title + ".\n\n" + code.meaning + "\n";
    if (*code.wrong != '\0') out += "\n```yaml\n# wrong\n" + indented(code.wrong, "") + "```\n";
    if (*code.right != '\0') out += "\n```yaml\n# right\n" + indented(code.right, "") + "```\n";
  }
  return out;
}

}  // namespace expertline::strategy
