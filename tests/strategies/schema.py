#!/usr/bin/env python3
"""The tests of the shipped strategies and of the guide are good for the schema that editors use, and a typo is not.

schema.py FOLDER GUIDE
"""
import json
import pathlib
import re
import sys

try:
    import jsonschema
    import yaml
except ImportError as missing:
    print(f"not installed: {missing.name}")
    sys.exit(77)

FOLDER, GUIDE = (pathlib.Path(argument) for argument in sys.argv[1:3])


class Loader(yaml.SafeLoader):
    """Without dates, as editors read it."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in known if not tag.endswith(":timestamp")]
    for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def keys(node, path=""):
    """Every key that the schema knows: where, its name, and what is said of it."""
    if isinstance(node, list):
        for number, one in enumerate(node):
            yield from keys(one, f"{path}/{number}")
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "properties":
                yield from ((path, name, said) for name, said in value.items())
            if key != "examples":
                yield from keys(value, f"{path}/{key}")


def main():
    schema = json.loads((FOLDER / "schema" / "test.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    tests = {str(path): path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.test.yaml"))}
    guide = GUIDE.read_text(encoding="utf-8")
    for number, found in enumerate(re.finditer(r"^```yaml\n(# [\w.-]+\.test\.yaml\n.*?)^```$", guide, re.M | re.S)):
        tests[f"{GUIDE}, test {number + 1}"] = found.group(1)
    assert len(tests) > 10
    wrong = 0
    for path, key, value in keys(schema):
        if "$ref" not in value and len(value.get("description", "")) <= 5:
            print(f"{path}: {key} has no description")
            wrong += 1
    for name, text in tests.items():
        for error in validator.iter_errors(yaml.load(text, Loader)):
            print(f"{name}: {list(error.path)}: {error.message}")
            wrong += 1
    for typo in ("then: [{ofer: ann}]", "given: {ann: bsy}", "then: [{offer: {exprt: ann}}]", "seds: 3"):
        text = f"experts: [{{id: ann}}]\ncases:\n  - case: it\n    {typo}\n"
        assert list(validator.iter_errors(yaml.load(text, Loader))), typo
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
