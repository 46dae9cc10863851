#!/usr/bin/python3
"""Dashboards, rules, runbooks and the documentation of metrics agree with one another."""
import glob
import json
import os
import re
import subprocess
import sys

import yaml

here = os.path.dirname(os.path.abspath(__file__))
root = os.path.dirname(os.path.dirname(here))
faults = []

# Metrics that neither a dashboard nor an alert shows, and why nobody needs to see them.
UNSEEN = {}


def expect(truth, what):
    if not truth:
        faults.append(what)


def read(*path):
    with open(os.path.join(root, *path), encoding="utf-8") as file:
        return file.read()


def exported():
    """Name to type, as docs/metrics.md has them."""
    return dict(re.findall(r"^\| `?([a-z][a-z0-9_]*)`?(?: †)? \| (counter|gauge|histogram) \|", read("docs", "metrics.md"), re.M))


NOT_NAMES = re.compile(r'"(?:[^"\\]|\\.)*"|\{\{.*?\}\}|\b(?:by|on|without|ignoring)\s*\([^)]*\)')


def names_in(expression):
    """Names of series in PromQL: of metrics and of recording rules."""
    text = NOT_NAMES.sub(" ", expression)
    text = re.sub(r"\{[^}]*\}|\[[^\]]*\]", " ", text)
    return set(re.findall(r"\b(?:expertline|process|domain|job|domain_outcome)[_:][a-z0-9_:]+\b|\bALERTS\b", text))


def exists(name, metrics, recorded):
    if name in recorded or name == "ALERTS":
        return True
    for suffix in ("_bucket", "_sum", "_count"):
        if metrics.get(name.removesuffix(suffix)) == "histogram" and name.endswith(suffix):
            return True
    return metrics.get(name) in ("counter", "gauge")


def base(name, metrics):
    return name if name in metrics else re.sub("_(bucket|sum|count)$", "", name)


def runbook(url):
    return "docs/runbooks/" + url.rsplit("/", 1)[1]


def dashboards(metrics, recorded):
    used, uids = set(), set()
    for path in sorted(glob.glob(root + "/charts/expertline/dashboards/*.json")):
        name = os.path.basename(path)
        board = json.loads(read(path))
        expect(board["uid"] == "expertline-" + name.removesuffix(".json"), f"{name}: its uid is not its file's name")
        uids.add(board["uid"])
        variables = {one["name"] for one in board["templating"]["list"]}
        expect({"datasource", "domain", "job", "runbooks"} <= variables, f"{name} lacks a variable")
        expect(any(link["type"] == "dashboards" for link in board["links"]), f"{name} has no links to the others")
        titles = [panel["title"] for panel in board["panels"]]
        expect(len(set(titles)) == len(titles), f"{name}: two panels of one title")
        for panel in board["panels"]:
            if panel["type"] == "row":
                continue
            where = f"{name}: {panel['title']}"
            expect(panel["datasource"]["uid"] == "${datasource}", where + " has a fixed data source")
            expect(panel.get("description"), where + " has no description")
            expect(panel["fieldConfig"]["defaults"].get("unit"), where + " has no unit")
            expect(panel.get("targets"), where + " has no query")
            for link in panel.get("links", []):
                expect(os.path.isfile(os.path.join(root, runbook(link["url"]))), f"{where}: there is no {runbook(link['url'])}")
            for target in panel["targets"]:
                expression = target["expr"]
                for ranged in re.findall(r"rate\([^\[]*\[([^\]]*)\]", expression):
                    expect(ranged == "$__rate_interval", f"{where}: a rate over {ranged}")
                for variable in re.findall(r"\$(\w+)", expression.replace("$__rate_interval", "")):
                    expect(variable in variables, f"{where}: there is no variable {variable}")
                found = names_in(expression)
                expect(found, where + " queries nothing")
                for one in found:
                    expect(exists(one, metrics, recorded), f"{where}: {one} is not in docs/metrics.md")
                used |= {base(one, metrics) for one in found}
    expect(len(uids) == 5, f"there are {len(uids)} dashboards")
    return used


def rules(metrics):
    recorded, used, alerts = set(), set(), {}
    for file in ("recording.yaml", "alerts.yaml"):
        for group in yaml.safe_load(read("charts/expertline/rules", file))["groups"]:
            for rule in group["rules"]:
                recorded |= {rule["record"]} if "record" in rule else set()
                if "alert" in rule:
                    alerts.setdefault(rule["alert"], []).append(rule)
                used |= names_in(rule["expr"])
    for one in used:
        expect(exists(one, metrics, recorded), f"rules: {one} is not in docs/metrics.md")
    index = read("docs/runbooks/README.md")
    books = set()
    for name, variants in alerts.items():
        for rule in variants:
            expect({"summary", "description", "runbook_url"} <= set(rule["annotations"]), f"{name} lacks an annotation")
            expect(rule["labels"].get("severity") in ("page", "ticket"), f"{name} has no severity")
            book = runbook(rule["annotations"].get("runbook_url", "/"))
            books.add(book)
            expect(os.path.isfile(os.path.join(root, book)), f"{name}: there is no {book}")
            if os.path.isfile(os.path.join(root, book)):
                expect(read(book).startswith(f"# {name}\n"), f"{book} is not headed {name}")
                expect("{{" not in read(book), f"{book}: Prometheus would read it as a template")
            expect(f"| {name} | [" in index, f"docs/runbooks/README.md lacks {name}")
    for path in glob.glob(root + "/docs/runbooks/*.md"):
        name = os.path.relpath(path, root)
        expect(name in books or name.endswith("README.md"), f"{name} is of no alert")
    firing, silent = set(), set()
    for file in ("alerts.test.yaml", "objectives.test.yaml"):
        for test in yaml.safe_load(read("charts/expertline/rules", file))["tests"]:
            for case in test["alert_rule_test"]:
                for alert in case["exp_alerts"]:
                    firing.add((case["alertname"], alert["exp_labels"]["severity"]))
                if not case["exp_alerts"]:
                    silent.add(case["alertname"])
    for name, variants in alerts.items():
        for rule in variants:
            expect((name, rule["labels"]["severity"]) in firing, f"no test has {name} ({rule['labels']['severity']}) fire")
        expect(name in silent, f"no test has {name} not fire")
    print(f"{len(alerts)} alerts, {len(recorded)} recording rules")
    return recorded, used


def main():
    metrics = exported()
    expect(len(metrics) > 60, f"docs/metrics.md names {len(metrics)} metrics")
    recorded, used = rules(metrics)
    used = {base(one, metrics) for one in used} | dashboards(metrics, recorded)
    for name in sorted(set(metrics) - used - set(UNSEEN)):
        expect(False, f"no panel and no alert uses {name}; UNSEEN may say why")
    for name in sorted(set(UNSEEN) & used | set(UNSEEN) - set(metrics)):
        expect(False, f"UNSEEN names {name}")
    done = subprocess.run([sys.executable, root + "/charts/expertline/dashboards/generate", "--check"], check=False)
    expect(done.returncode == 0, "the dashboards are not as generated")
    for fault in faults:
        print(fault)
    print(f"{len(metrics)} metrics, {len(faults)} faults")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
