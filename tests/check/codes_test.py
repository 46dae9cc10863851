#!/usr/bin/env python3
"""Every example of docs/check-codes.md does what it says: the wrong one has the code, the right one has it not.
Arguments: the document and the command `expertline`."""
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

DOCUMENT, COMMAND = pathlib.Path(sys.argv[1]).read_text(), sys.argv[2]

HEAD = "strategy: s\nmedia: im\nrouting_points: [p]\n"
DATA = ("user_data:\n  topic: {type: string, default: x}\n  vip: {type: bool, default: false}\n"
        "  amount: {type: int, default: 0}\n  expert_id: {type: string, default: x}\n")
PIN = "  card_pin: {type: string, secret: true}\n"
STEPS = "steps:\n  - step: a\n    find: {skills: {mortgage: 3}}\n"
END = "otherwise:\n  - {agent: no}\n"
CALENDAR = "calendar: retail\nzone: UTC\nweek: {}\n"


def indented(text, by):
    return "".join(by + line + "\n" for line in text.rstrip("\n").split("\n"))


def files(fragment):
    """The fragment in the smallest files around it."""
    first = re.match(r"(?:- \{)?([a-z_-]+)", fragment).group(1)
    keys = set(re.findall(r"^([a-z_-]+):", fragment, re.M))
    listed = fragment.startswith("- ")
    calendar = CALENDAR
    strategy = None
    if listed and first == "date":
        calendar += "special:\n" + indented(fragment, "  ")
    elif first == "zone":
        calendar = calendar.replace("zone: UTC", fragment.strip())
    elif first == "week":
        calendar = calendar.replace("week: {}", fragment.strip())
    elif first in ("mon", "tue"):
        calendar = calendar.replace("week: {}", "week:\n" + indented(fragment, "  ").rstrip())
    elif listed and first == "via":
        strategy = HEAD + STEPS + END + "voice:\n  targets:\n" + indented(fragment, "    ")
    elif listed and first == "step":
        strategy = HEAD + "steps:\n" + indented(fragment, "  ") + END
    elif listed:
        strategy = HEAD + STEPS + "otherwise:\n" + indented(fragment, "  ")
    elif first == "strategy":
        strategy = HEAD.replace("strategy: s\n", fragment) + STEPS + END
    elif first == "media":
        strategy = HEAD.replace("media: im\n", fragment) + STEPS + END
    elif first in ("topic", "account-no", "account_no") or fragment.startswith("amount"):
        strategy = HEAD + "user_data:\n" + indented(fragment, "  ") + STEPS + END
    elif first == "required":
        strategy = HEAD + "user_data:\n  k:\n    type: string\n" + indented(fragment, "    ") + STEPS + END
    elif "user_data" in keys and "only_if" in keys:
        declared, condition = fragment.split("\n", 1)
        strategy = HEAD + declared + "\n" + STEPS + indented(condition, "    ") + END
    elif keys & {"otherwise", "allow", "description", "hours", "owner", "priority", "user_data"}:
        rest = "" if "otherwise" in keys else END
        data = "" if "user_data" in keys else DATA
        strategy = HEAD + data + (fragment if "otherwise" not in keys else "") + STEPS + rest
        if "otherwise" in keys:
            before, after = fragment.split("otherwise:", 1)
            strategy = HEAD + before + STEPS + "otherwise:" + after
    elif keys & {"show", "message", "offers"}:
        strategy = HEAD + DATA + PIN + STEPS + "    preview:\n" + indented(fragment, "      ") + END
    elif keys & {"skills", "groups"}:
        strategy = HEAD + "steps:\n  - step: a\n    find:\n" + indented(fragment, "      ") + END
    else:  # keys of a step, perhaps its find among them
        step = STEPS if "find" not in keys else "steps:\n  - step: a\n"
        more = ""
        if "relax" in keys:
            more = "" if "where" in keys or "drop: where" not in fragment else "    where: expert.site == agent.site\n"
            if "wait" not in keys and "find" in keys:
                more += "    wait: 20s\n"
        strategy = HEAD + "hours: retail\n" + DATA + step + indented(fragment, "    ") + more + END
    out = {"retail.yaml": calendar}
    if strategy is not None:
        out["s.yaml"] = strategy
    return out


def codes(fragment):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files(fragment).items():
            (pathlib.Path(folder) / name).write_text(text)
        run = subprocess.run([COMMAND, "check", "--format", "json", folder], capture_output=True, text=True, check=False)
    return {issue["code"] for issue in json.loads(run.stdout)["issues"]}


class Examples(unittest.TestCase):
    def test_have_their_code_or_not(self):
        checked = 0
        for part in DOCUMENT.split("\n## ")[1:]:
            code = part.split("\n", 1)[0]
            for kind, fragment in re.findall(r"```yaml\n# (wrong|right)\n(.*?)```", part, re.S):
                with self.subTest(code=code, kind=kind):
                    found = codes(fragment)
                    told = json.dumps(files(fragment), indent=1) + str(found)
                    (self.assertIn if kind == "wrong" else self.assertNotIn)(code, found, told)
                    if kind == "right":
                        self.assertFalse([one for one in found if one.startswith("yaml_") or one == "bad_expression"], told)
                    checked += 1
        self.assertGreater(checked, 100)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
