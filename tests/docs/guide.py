#!/usr/bin/env python3
"""Runs what a guide shows.

guide.py EXPERTLINE GUIDE [--update]

A block ```yaml whose first line is `# NAME.yaml` is written to that file, in a folder of its own, where it replaces an
earlier one. Of a block ```console each line `$ COMMAND` is run there by a shell, and what is shown below it must be what
it prints; a line `...` stands for any lines. With --update the guide is rewritten with what the commands print, but for
what a `...` stands for.
"""
import os
import re
import subprocess
import sys
import tempfile

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)


def like(shown, printed):
    parts = [re.escape(part) for part in re.split(r"^\.\.\.\n", shown, flags=re.M)]
    return re.fullmatch(r"(?:.*\n)*".join(parts), printed) is not None


def run(command, folder, environment):
    done = subprocess.run(command, shell=True, cwd=folder, env=environment, text=True, timeout=120,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return "".join(line.rstrip() + "\n" for line in done.stdout.splitlines())


def play(text, folder, environment, update):
    """The text as it should be, and how many commands did not print what is shown."""
    out, end, wrong, count = [], 0, 0, 0
    for block in BLOCK.finditer(text):
        kind, body = block.groups()
        out.append(text[end:block.start(2)])
        end = block.end(2)
        if kind == "yaml":
            name = re.match(r"# ([\w.-]+\.yaml)\n", body)
            if not name:
                sys.exit(f"a block of YAML does not begin with a file's name:\n{body}")
            with open(os.path.join(folder, name.group(1)), "w", encoding="utf-8") as file:
                file.write(body)
        if kind != "console":
            out.append(body)
            continue
        for part in re.split(r"^(?=\$ )", body, flags=re.M)[1:]:
            command, shown = part.split("\n", 1)
            printed = run(command[2:], folder, environment)
            count += 1
            good = like(shown, printed)
            if not good and not update:
                wrong += 1
                print(f"{command}\n--- shown\n{shown}--- printed\n{printed}")
            out.append(command + "\n" + (printed if update and not good else shown))
    out.append(text[end:])
    print(f"{count} commands, {wrong} do not print what is shown")
    return "".join(out), wrong if count else 1


def main():
    expertline, guide = sys.argv[1:3]
    update = "--update" in sys.argv
    with open(guide, encoding="utf-8") as file:
        text = file.read()
    with tempfile.TemporaryDirectory() as folder:
        environment = dict(os.environ, PATH=os.path.dirname(os.path.abspath(expertline)) + ":" + os.environ["PATH"],
                           NO_COLOR="1", LC_ALL="C.UTF-8")
        text, wrong = play(text, folder, environment, update)
    if update:
        with open(guide, "w", encoding="utf-8") as file:
            file.write(text)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
