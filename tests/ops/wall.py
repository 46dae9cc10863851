#!/usr/bin/python3
"""The wall, for real: Redis, the three services and a Prometheus that scrapes them and evaluates the rules, under a replayed
load. Every panel's query has to return finite data, every rule to be evaluated, every runbook to be served.

wall.py FOLDER   FOLDER is services/ of a build

PYTHONPATH has the code generated from proto/ (tests/clients). What falls short is named. The test waits for data as long as it
takes, up to DEADLINE.
"""
import glob
import json
import math
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

import grpc
import yaml
from google.protobuf import duration_pb2, timestamp_pb2

from expertline.v1 import presence_pb2, presence_pb2_grpc

here = os.path.dirname(os.path.abspath(__file__))
root = os.path.dirname(os.path.dirname(here))
DEADLINE = 150  # seconds until every panel has data
SERVICES = ("presence-ingest", "strategy-evaluation", "session-bridge")
# What variables of dashboards stand for; the range is long enough for a few scrapes.
VARIABLES = {"$__rate_interval": "20s", "$domain": ".*", "$job": ".*", "$skill": ".*", "$measure": "offers", "$hour": "current"}
running = []


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def start(name, folder, *command):
    with open(f"{folder}/{name}.log", "wb") as log:
        running.append((name, subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)))


def stop():
    for _, process in reversed(running):
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def fetch(url):
    with urllib.request.urlopen(url, timeout=20) as answer:
        return answer.read().decode()


def until(what, condition, seconds=60):
    """Waits until it gives something; asks again on errors of the connection."""
    end = time.monotonic() + seconds
    while True:
        for name, process in running:
            if process.poll() not in (None, 0):
                sys.exit(f"{name} ended with {process.returncode} while waiting for {what}")
        try:
            if found := condition():
                return found
        except (OSError, urllib.error.URLError):
            pass
        if time.monotonic() > end:
            sys.exit(f"no {what} within {seconds} s")
        time.sleep(0.2)


class Source(threading.Thread):
    """A source of presence with a stream of its own; some of its experts come and go."""

    def __init__(self, address):
        super().__init__(daemon=True)
        self.address, self.over = address, threading.Event()

    def requests(self):
        yield presence_pb2.StreamPresenceRequest(parent="domains/main", hello=presence_pb2.SourceHello(
            source="chat", kind=presence_pb2.SOURCE_KIND_CLIENT, epoch=1, heartbeat=duration_pb2.Duration(seconds=30)))
        sequence, draw = 0, random.Random(1)
        states = (presence_pb2.PRESENCE_STATE_ONLINE, presence_pb2.PRESENCE_STATE_AWAY, presence_pb2.PRESENCE_STATE_BUSY)
        while not self.over.wait(0.2):
            sequence += 1
            seen = timestamp_pb2.Timestamp()
            seen.GetCurrentTime()
            reports = [presence_pb2.PresenceReport(expert=expert, state=draw.choice(states), sequence=sequence, seen_time=seen)
                       for expert in ("ann", "ben", "carla", "nobody-at-all")]
            yield presence_pb2.StreamPresenceRequest(batch=sequence, reports=reports)

    def run(self):
        with grpc.insecure_channel(self.address) as channel:
            for _ in presence_pb2_grpc.PresenceServiceStub(channel).StreamPresence(self.requests()):
                pass


class Load(threading.Thread):
    """Days of calls, one after the other, with declines and overlooked previews; now and then the escalation of the demo."""

    def __init__(self, expertline, folder, where):
        super().__init__(daemon=True)
        self.expertline, self.folder, self.where, self.over, self.playing = expertline, folder, where, False, None

    def play(self, *command):
        if self.over:
            return
        with open(f"{self.folder}/load.log", "ab") as log:
            self.playing = subprocess.Popen([self.expertline, *command], stdout=log, stderr=log)
            self.playing.wait()

    def run(self):
        self.play("demo", *self.where)
        seed = 0
        while not self.over:
            seed += 1
            with open(f"{self.folder}/day.csv", "wb") as file:
                subprocess.run([self.expertline, "generate-calls", "--calls", "1500", "--agents", "60", "--seed", str(seed)],
                               stdout=file, check=True)
            self.play("replay", "--calls", f"{self.folder}/day.csv", "--ask", "60%", "--speed", "1200", "--experts", "12",
                      "--decline", "0.15", "--overlook", "0.02", "--seed", str(seed), *self.where)

    def stop(self):
        self.over = True
        if self.playing and self.playing.poll() is None:
            self.playing.send_signal(signal.SIGINT)
        self.join(30)


def system(folder, programs):
    """Everything started; addresses by service, of calls and of metrics."""
    store = f"{folder}/redis.sock"
    start("redis-server", folder, "redis-server", "--port", "0", "--unixsocket", store, "--dir", folder, "--save", "",
          "--appendonly", "yes", "--appendfsync", "always")
    until("socket of Redis", lambda: os.path.exists(store))
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "90", "-subj", "/CN=expertline",
                    "-keyout", f"{folder}/tls.key", "-out", f"{folder}/tls.crt"], check=True, capture_output=True)
    calls = {name: f"127.0.0.1:{free_port()}" for name in SERVICES}
    metrics = {name: f"127.0.0.1:{free_port()}" for name in SERVICES}
    with open(f"{folder}/sources.yaml", "w", encoding="utf-8") as file:
        file.write("sources: {chat: {kind: client, experts: all}}\nothers: {experts: all}\n")
    more = {"presence-ingest": ["--roster", root + "/examples/roster.yaml", "--sources", f"{folder}/sources.yaml"],
            "strategy-evaluation": ["--strategies", root + "/strategies", "--presence", calls["presence-ingest"]],
            "session-bridge": ["--strategy", calls["strategy-evaluation"], "--certificate", f"{folder}/tls.crt"]}
    for name in SERVICES:
        start(name, folder, f"{programs}/{name}/{name}", "--listen", calls[name], "--metrics", metrics[name], "--redis",
              f"unix:{store}", *more[name])
    for name in SERVICES:
        until(f"{name} that is ready", lambda name=name: fetch(f"http://{metrics[name]}/readyz"))
    return calls, metrics


def prometheus(folder, metrics):
    """The example's configuration with these targets; where it serves."""
    with open(root + "/examples/monitoring/prometheus.yaml", encoding="utf-8") as file:
        config = yaml.safe_load(file)
    config["global"] = {"scrape_interval": "1s", "evaluation_interval": "2s"}
    config["rule_files"] = [path.replace("/etc/prometheus", root + "/charts/expertline") for path in config["rule_files"]]
    del config["alerting"]
    for job in config["scrape_configs"]:
        del job["dns_sd_configs"]
        job["static_configs"] = [{"targets": [metrics[job["job_name"]]]}]
    with open(f"{folder}/prometheus.yaml", "w", encoding="utf-8") as file:
        yaml.safe_dump(config, file)
    where = f"127.0.0.1:{free_port()}"
    start("prometheus", folder, "prometheus", f"--config.file={folder}/prometheus.yaml", f"--storage.tsdb.path={folder}/tsdb",
          f"--web.listen-address={where}", f"--web.external-url=http://{where}", f"--web.console.templates={root}/docs/runbooks")
    until("Prometheus", lambda: fetch(f"http://{where}/-/ready"))
    return f"http://{where}"


def queries():
    """(panel, query) of all dashboards, and what they fill their variables with."""
    for path in sorted(glob.glob(root + "/charts/expertline/dashboards/*.json")):
        with open(path, encoding="utf-8") as file:
            board = json.load(file)
        for variable in board["templating"]["list"]:
            if variable["type"] == "query":
                label = re.fullmatch(r"label_values\((\w+), (\w+)\)", variable["query"]["query"])
                yield f"{board['title']}: ${variable['name']}", f"count by ({label[2]}) ({label[1]})"
        for panel in board["panels"]:
            for target in panel.get("targets", []):
                expression = target["expr"]
                for name, value in VARIABLES.items():
                    expression = expression.replace(name, value)
                yield f"{board['title']}: {panel['title']} ({target['refId']})", expression


def short_of(url, expression):
    """What a query falls short of; empty: nothing."""
    try:
        answer = json.loads(fetch(f"{url}/api/v1/query?" + urllib.parse.urlencode({"query": expression})))
    except urllib.error.HTTPError as error:
        return "is refused: " + json.loads(error.read())["error"]
    series = answer["data"]["result"]
    if not series:
        return "returns nothing"
    wrong = [one["metric"] for one in series if not math.isfinite(float(one["value"][1]))]
    # A quantile of a histogram that does not move in these seconds is no number; that of some other series is.
    return f"returns no finite number for any of {wrong[:3]}" if len(wrong) == len(series) else ""


def rules_short(url):
    for group in json.loads(fetch(url + "/api/v1/rules"))["data"]["groups"]:
        for rule in group["rules"]:
            if rule["health"] != "ok":
                yield f"rule {rule['name']}: {rule.get('lastError') or rule['health']}"


def alerts(url):
    with open(root + "/charts/expertline/rules/recording.yaml", encoding="utf-8") as file:
        for group in yaml.safe_load(file)["groups"]:
            for rule in group["rules"]:
                yield f"recording rule {rule['record']}", rule["record"]


def runbooks_short(url):
    for path in glob.glob(root + "/docs/runbooks/*.md"):
        with open(path, encoding="utf-8") as file:
            head = file.readline()
        try:
            if not fetch(f"{url}/consoles/{os.path.basename(path)}").startswith(head):
                yield f"{os.path.basename(path)} is served as something else"
        except urllib.error.HTTPError as error:
            yield f"{os.path.basename(path)} is not served: {error}"


def main():
    for program in ("prometheus", "promtool", "redis-server", "openssl"):
        if not shutil.which(program):
            print(f"SKIPPED the wall: {program} is not installed")
            sys.exit(77)
    programs = sys.argv[1]
    began = time.monotonic()
    folder = tempfile.mkdtemp(prefix="expertline-wall.")
    source = load = None
    short = {"nothing was asked": ""}
    try:
        calls, metrics = system(folder, programs)
        url = prometheus(folder, metrics)
        source = Source(calls["presence-ingest"])
        source.start()
        load = Load(f"{programs}/expertline/expertline", folder, ["--presence", calls["presence-ingest"], "--strategy",
                                                                  calls["strategy-evaluation"], "--session", calls["session-bridge"]])
        load.start()
        asked = list(queries()) + list(alerts(url))
        remaining = dict(asked)
        while remaining and time.monotonic() - began < DEADLINE:
            time.sleep(2)
            remaining = {name: query for name, query in remaining.items() if short_of(url, query)}
        short = {name: short_of(url, query) or "was late" for name, query in remaining.items()}
        for number, fault in enumerate([*rules_short(url), *runbooks_short(url)]):
            short[f"{number + 1}."] = fault
        for name in SERVICES:
            done = subprocess.run(["promtool", "check", "metrics"], input=fetch(f"http://{metrics[name]}/metrics"), text=True,
                                  capture_output=True, check=False)
            if done.returncode != 0:
                short[f"metrics of {name}:"] = done.stderr + done.stdout
        firing = {one["labels"]["alertname"] for one in json.loads(fetch(url + "/api/v1/alerts"))["data"]["alerts"]
                  if one["state"] == "firing"}
        print(f"{len(asked)} queries and all rules after {time.monotonic() - began:.0f} s; firing: {', '.join(sorted(firing)) or 'nothing'}")
    finally:
        if source:
            source.over.set()
        if load:
            load.stop()
        stop()
        if short:
            for log in sorted(glob.glob(folder + "/*.log")):
                with open(log, encoding="utf-8", errors="replace") as file:
                    print(f"--- {os.path.basename(log)}\n" + "".join(file.readlines()[-5:]))
        shutil.rmtree(folder, ignore_errors=True)
    for name, what in short.items():
        print(f"{name} {what}")
    sys.exit(1 if short else 0)


if __name__ == "__main__":
    main()
