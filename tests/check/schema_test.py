#!/usr/bin/env python3
"""The JSON Schemas of strategies/schema and the loader know the same keys, and what the loader finds good is good for
the schema, too. Arguments: the folder of the schemas, that of the goldens, that of shipped strategies, that of
rosters, and the command `expertline`."""
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

try:
    import jsonschema
    import yaml
except ImportError as missing:
    print(f"not installed: {missing.name}")
    sys.exit(77)

SCHEMAS, GOLDENS, SHIPPED, ROSTERS, COMMAND = (pathlib.Path(argument) for argument in sys.argv[1:6])
KINDS = ("strategy", "calendar", "roster")


class Loader(yaml.SafeLoader):
    """Scalars as YAML 1.2 and editors read them: no dates, no `yes`."""


Loader.yaml_implicit_resolvers = {}
for tag, pattern, first in (
    ("bool", r"^(?:true|false)$", "tf"),
    ("int", r"^-?(?:0|[1-9][0-9]*)$", "-0123456789"),
    ("float", r"^-?[0-9]+\.[0-9]+$", "-0123456789"),
    ("null", r"^(?:~|null|)$", "~n"),
):
    Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(pattern), list(first))


def schema(kind):
    return json.loads((SCHEMAS / f"{kind}.schema.json").read_text())


def kind_of(text):
    for kind, key in (("strategy", "strategy"), ("calendar", "calendar"), ("roster", "experts")):
        if re.search(rf"^{key}:", text, re.M):
            return kind
    return None


STRATEGY = """strategy: s
media: im
routing_points: [p]
user_data: {k: {type: string@DECLARED}}
steps:
  - step: a
    find: {skills: {x: 3}@FIND}
    pick: {weighted: expert.load@PICK}
    preview: {message: "${user_data.k}"@PREVIEW}
    wait: 20s
    relax:
      - {after: 5s, skills: {x: 2}@RELAX}
@STEP
otherwise:
  - {agent: no@OTHERWISE}
on_accept: {attach: {a: expert.id}@ACCEPT}
voice:
  targets:
    - {via: direct, kinds: [transfer]@TARGET}
@VOICE
@TOP
"""
CALENDAR = """calendar: c
zone: UTC
week: {}
special:
  - {date: 2026-12-24@SPECIAL}
@TOP
"""

ROSTER = """guard_rails: {zone: UTC@RAILS}
experts:
  - {id: ann@EXPERT}
@TOP
"""
TEXTS = {"strategy": STRATEGY, "calendar": CALENDAR, "roster": ROSTER}

# Where an unknown key is put, and where the schema has the keys of that place.
PLACES = {
    ("strategy", "TOP"): [],
    ("strategy", "DECLARED"): ["definitions", "declared"],
    ("strategy", "STEP"): ["definitions", "step"],
    ("strategy", "FIND"): ["definitions", "find"],
    ("strategy", "PICK"): ["definitions", "pick", "anyOf", 1],
    ("strategy", "PREVIEW"): ["definitions", "preview", "anyOf", 1],
    ("strategy", "RELAX"): ["definitions", "relax"],
    ("strategy", "OTHERWISE"): ["definitions", "otherwise"],
    ("strategy", "ACCEPT"): ["properties", "on_accept"],
    ("strategy", "VOICE"): ["properties", "voice"],
    ("strategy", "TARGET"): ["definitions", "target"],
    ("calendar", "TOP"): [],
    ("calendar", "SPECIAL"): ["definitions", "special"],
    ("roster", "TOP"): [],
    ("roster", "RAILS"): ["definitions", "guard_rails"],
    ("roster", "EXPERT"): ["definitions", "expert"],
}
BLOCK = {"TOP": "qqqqqqqq: 1", "STEP": "    qqqqqqqq: 1", "VOICE": "  qqqqqqqq: 1"}


def at(node, path):
    for part in path:
        node = node[part]
    return node


def loader_keys(kind, place):
    """The keys that the loader names when it meets one that it does not know."""
    text = TEXTS[kind].replace("@" + place, BLOCK.get(place, ", qqqqqqqq: 1"))
    text = re.sub(r"^@[A-Z]+\n", "", text, flags=re.M)
    text = re.sub(r"@[A-Z]+", "", text)
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "f.yaml"
        path.write_text(text)
        run = subprocess.run([COMMAND, "check", "--format", "json", path], capture_output=True, text=True, check=False)
    for issue in json.loads(run.stdout)["issues"]:
        if issue["code"] == "unknown_key":
            return set(issue["hint"].removeprefix("it may have ").split(", "))
    raise AssertionError(f"{kind} {place}: {run.stdout}\n{text}")


def objects(node):
    if isinstance(node, dict):
        if "properties" in node and node.get("type") == "object":
            yield node
        for value in node.values():
            yield from objects(value)
    elif isinstance(node, list):
        for value in node:
            yield from objects(value)


class Schemas(unittest.TestCase):
    def test_are_schemas(self):
        for kind in KINDS:
            jsonschema.Draft7Validator.check_schema(schema(kind))

    def test_take_what_the_loader_takes(self):
        files = [*sorted((GOLDENS / "good").rglob("*.yaml")), *sorted(SHIPPED.glob("*.yaml")), *sorted(ROSTERS.glob("*.yaml"))]
        seen = 0
        for path in files:
            text = path.read_text()
            kind = kind_of(text)
            if kind is None or path.name.endswith(".test.yaml"):
                continue
            seen += 1
            for fault in jsonschema.Draft7Validator(schema(kind)).iter_errors(yaml.load(text, Loader)):
                self.fail(f"{path}: {list(fault.absolute_path)}: {fault.message}")
        self.assertGreater(seen, 30)

    def test_refuse_faults_of_structure(self):
        for name in ("a-key-that-is-misspelt", "levels", "picks", "several-faults-at-once", "two-places-to-go",
                     "durations-and-numbers", "voice-targets", "a-calendar-with-faults"):
            text = (GOLDENS / "bad" / f"{name}.yaml").read_text()
            faults = list(jsonschema.Draft7Validator(schema(kind_of(text))).iter_errors(yaml.load(text, Loader)))
            self.assertTrue(faults, name)

    def test_have_the_keys_of_the_loader(self):
        for (kind, place), path in PLACES.items():
            with self.subTest(kind=kind, place=place):
                self.assertEqual(loader_keys(kind, place), set(at(schema(kind), path)["properties"]))

    def test_describe_every_key(self):
        for kind in KINDS:
            whole = schema(kind)
            for node in objects(whole):
                self.assertFalse(node.get("additionalProperties", True), node.get("description"))
                for key, value in node["properties"].items():
                    while "$ref" in value:
                        value = at(whole, value["$ref"].removeprefix("#/").split("/"))
                    self.assertGreater(len(value.get("description", "")), 5, key)
                    known = "examples" in value or "properties" in value or "enum" in value
                    self.assertTrue(known or value.get("type") == "boolean", f"{key} has no example")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
