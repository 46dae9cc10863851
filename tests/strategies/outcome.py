#!/usr/bin/env python3
"""Exit codes and forms of `expertline test`: JUnit XML and JSON that others can read, and issues of files that are bad.

outcome.py EXPERTLINE FOLDER
"""
import json
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml

EXPERTLINE, FOLDER = sys.argv[1:3]

STRATEGY = """strategy: help
media: im
routing_points: [help]
steps:
  - step: only
    find: {skills: {help: any}}
    preview: {answer_within: 10s}
otherwise:
  - {agent: nobody}
"""
TEST = """experts:
  - {id: ann, skills: {help: 1}, capacity: {im: 1}}
cases:
  - case: <asked> & "seen"
    then: [{offer: ann}]
  - case: wrong
    then: [{offer: any}, {declines: ann}, {offer: ann}]
"""


def run(*arguments):
    done = subprocess.run([EXPERTLINE, "test", *arguments], text=True, capture_output=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def main():
    with tempfile.TemporaryDirectory() as folder:
        junit = os.path.join(folder, "out.xml")
        code, out, _ = run(FOLDER, "--junit", junit, "--format", "json")
        assert code == 0, out
        all_cases = json.loads(out)
        suites = xml.parse(junit).getroot()
        assert suites.tag == "testsuites" and suites.get("failures") == "0" and suites.get("errors") == "0"
        assert int(suites.get("tests")) == all_cases["passed"] == len(suites.findall("./testsuite/testcase"))

        test = os.path.join(folder, "help.test.yaml")
        write(os.path.join(folder, "help.yaml"), STRATEGY)
        write(test, TEST)
        code, out, _ = run(test, "--junit", junit)
        assert code == 1 and "help.test.yaml:7:" in out and "expected an offer" in out, out
        suites = xml.parse(junit).getroot()
        names = [case.get("name") for case in suites.iter("testcase")]
        assert names == ['<asked> & "seen"', "wrong"], names
        assert len(suites.findall("./testsuite/testcase/failure")) == 1

        code, out, _ = run(test, "--filter", "asked")
        assert code == 0 and "1 passed, 0 failed; 50.0 % covered" in out, out
        code, out, _ = run(test, "--filter", "asked", "--fail-under", "60")
        assert code == 1 and "at least 60.0 % wanted" in out, out
        code, _, err = run(test, "--filter", "none such")
        assert code == 1 and "none such" in err, err

        write(test, TEST.replace("offer: any", "offr: any").replace("declines: ann", "declines: anne"))
        code, out, _ = run(test)
        assert code == 1 and "did you mean offer?" in out and "^" in out, out
        write(os.path.join(folder, "help.yaml"), STRATEGY.replace("any}}", "7}}"))
        write(test, TEST)
        code, out, _ = run(folder)
        assert code == 1 and "help.yaml:6:" in out, out
        code, _, err = run(os.path.join(folder, "nothing.test.yaml"))
        assert code == 1 and "no such file" in err, err
    print("ok")


if __name__ == "__main__":
    main()
