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
