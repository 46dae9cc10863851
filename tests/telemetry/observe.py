"""What operators see of three running services while sessions come and go.

    observe.py PRESENCE_INGEST STRATEGY_EVALUATION SESSION_BRIDGE REDIS_SERVER

Metrics: well formed, as the golden list has them, none missing, and they move. Probes. Traces: one from the caller through
all three services to a collector. Logs: one JSON object a line. No canary of user data or messages is in any of these.
"""

import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
import uuid

import grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc

from expertline.v1 import common_pb2, desk_pb2, expert_pb2, expert_pb2_grpc, presence_pb2, presence_pb2_grpc
from expertline.v1 import session_pb2, session_pb2_grpc
from flow import DOMAIN, TIMEOUT, Desk, connect

HERE = pathlib.Path(__file__).parent
CANARIES = ["canaryvalue7f3a", "canarykey91bc", "canarymessage5d", "canarynote2e8"]
TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "00-" + TRACE + "-b7ad6b7169203331-01"
PATIENCE = 60  # seconds, for what happens soon on an idle machine


class Collector(trace_service_pb2_grpc.TraceServiceServicer):
    """Takes spans as any collector of OpenTelemetry does."""

    def __init__(self):
        self.spans = []
        self.raw = b""
        self.lock = threading.Lock()
        self.server = grpc.server(concurrent.futures.ThreadPoolExecutor(4))
        trace_service_pb2_grpc.add_TraceServiceServicer_to_server(self, self.server)
        self.port = self.server.add_insecure_port("127.0.0.1:0")
        self.server.start()

    def Export(self, request, context):
        with self.lock:
            self.raw += request.SerializeToString()
            for resource in request.resource_spans:
                service = {one.key: one.value.string_value for one in resource.resource.attributes}["service.name"]
                for scope in resource.scope_spans:
                    self.spans += [(service, span) for span in scope.spans]
        return trace_service_pb2.ExportTraceServiceResponse()

    def of(self, trace):
        with self.lock:
            return [(service, span) for service, span in self.spans if span.trace_id.hex() == trace]


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def get(port, path):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError:
        return 0, ""


def until(what, found):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        value = found()
        if value:
            return value
        time.sleep(0.1)
    raise AssertionError("did not happen: " + what)


def say(step):
    print("ok  ", step, flush=True)


class Samples:
    """A scrape: value by name and labels."""

    def __init__(self, text):
        self.values = {}
        for line in text.splitlines():
            if line.startswith("#"):
                continue
            name, labels, value = re.fullmatch(r'(\w+)(?:\{(.*)\})? (\S+)', line).groups()
            self.values[name, frozenset(re.findall(r'(\w+)="([^"]*)"', labels or ""))] = float(value)

    def sum(self, name, **labels):
        wanted = set(labels.items())
        return sum(value for (of, has), value in self.values.items() if of == name and wanted <= has)


def read_golden():
    golden = {}
    for line in open(os.environ["EXPERTLINE_GOLDEN"]):
        if not line.startswith("#"):
            name, kind, _, text = line.rstrip("\n").split(" ", 3)
            golden[name] = (kind, text)
    return golden


def main():
    binaries, redis_server = sys.argv[1:4], sys.argv[4]
    folder = pathlib.Path(tempfile.mkdtemp(prefix="xl-"))
    running = []

    def start(name, argv):
        output = open(folder / (name + ".log"), "w")
        running.append(subprocess.Popen(argv, stdout=output, stderr=output))

    try:
        observe(folder, start, binaries, redis_server)
    except BaseException:
        for log in folder.glob("*.log"):
            print("-----", log.name, "\n", log.read_text()[-3000:])
        raise
    finally:
        for one in reversed(running):
            one.terminate()
        for one in running:
            one.wait(30)
        shutil.rmtree(folder)


def observe(folder, start, binaries, redis_server):
    collector = Collector()
    shutil.copytree(HERE / "strategies", folder / "strategies")
    certificate = folder / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30",
         "-subj", "/CN=test", "-keyout", folder / "key.pem", "-out", certificate],
        check=True, capture_output=True)  # fmt: skip
    store = folder / "redis.sock"
    start("redis", [redis_server, "--port", "0", "--unixsocket", store, "--dir", folder, "--appendonly", "yes",
                    "--appendfsync", "always", "--save", ""])  # fmt: skip
    names = ["presence-ingest", "strategy-evaluation", "session-bridge"]
    serve = dict(zip(names, free_ports(3)))
    metrics = dict(zip(names, free_ports(3)))
    (folder / "sources.yaml").write_text("sources:\n  switch: {kind: client, experts: all}\n")
    own = {
        "presence-ingest": f"sources: {folder}/sources.yaml\n",
        "strategy-evaluation": f"presence: 127.0.0.1:{serve['presence-ingest']}\nstrategies: {folder}/strategies\n"
                               "decision-records: all\n",
        "session-bridge": f"strategy: 127.0.0.1:{serve['strategy-evaluation']}\n",
    }  # fmt: skip
    for name, binary in zip(names, binaries):
        (folder / (name + ".yaml")).write_text(
            f"listen: 127.0.0.1:{serve[name]}\nmetrics: 127.0.0.1:{metrics[name]}\nredis: unix:{store}\n"
            f"otlp: 127.0.0.1:{collector.port}\ncertificate: {certificate}\nlog-level: debug\n" + own[name])  # fmt: skip
        start(name, [binary, "--config", folder / (name + ".yaml")])
    for name in names:
        until(name + " is ready", lambda: get(metrics[name], "/readyz")[0] == 200)
        assert get(metrics[name], "/livez") == (200, "ok\n")
    say("the services are ready")

    play(folder, serve, metrics)
    check_traces(collector)
    check_metrics(folder, metrics, names)
    check_logs(folder, names)
    check_canaries(folder, metrics, names, collector)


def play(folder, serve, metrics):
    to_presence, to_sessions = connect(f"127.0.0.1:{serve['presence-ingest']}"), connect(f"127.0.0.1:{serve['session-bridge']}")
    directory = expert_pb2_grpc.ExpertServiceStub(to_presence)
    presence = presence_pb2_grpc.PresenceServiceStub(to_presence)
    sessions = session_pb2_grpc.SessionServiceStub(to_sessions)
    experts = ["ann", "bob", "cid"]
    for name in experts:
        directory.CreateExpert(
            expert_pb2.CreateExpertRequest(
                parent=DOMAIN,
                expert=expert_pb2.Expert(
                    name=f"{DOMAIN}/experts/{name}", skills={"billing": 3}, capacities={"im": 1}, dns={"voice": name}
                ),
            ),
            timeout=TIMEOUT,
        )

    def report(source, state, sequence, note="", only=experts):
        reports = [
            presence_pb2.PresenceReport(
                expert=name, source=source, kind=presence_pb2.SOURCE_KIND_CLIENT, state=state, epoch=1,
                sequence=sequence, note=note)
            for name in only
        ]  # fmt: skip
        for one in reports:
            one.seen_time.GetCurrentTime()
        return presence.ReportPresence(
            presence_pb2.ReportPresenceRequest(parent=DOMAIN, reports=reports), timeout=TIMEOUT
        )

    assert not report("switch", presence_pb2.PRESENCE_STATE_ONLINE, 1).refused
    assert report("nobody", presence_pb2.PRESENCE_STATE_ONLINE, 1).refused  # not declared
    hello = presence_pb2.StreamPresenceRequest(
        parent=DOMAIN, hello=presence_pb2.SourceHello(source="switch", kind=presence_pb2.SOURCE_KIND_CLIENT, epoch=2)
    )
    more = threading.Event()

    def stream():
        yield hello
        yield presence_pb2.StreamPresenceRequest(
            batch=1,
            reports=[
                presence_pb2.PresenceReport(
                    expert=name, state=presence_pb2.PRESENCE_STATE_ONLINE, sequence=1, note=CANARIES[3])
                for name in experts
            ],
        )  # fmt: skip
        more.wait(PATIENCE)

    own_stream = presence.StreamPresence(stream())
    for answer in own_stream:
        if answer.batch == 1:
            assert not answer.refused, answer
            break
    say("a source streams")

    def start(about, metadata=()):
        call = session_pb2.StartSessionRequest(
            parent=DOMAIN,
            routing_point="help",
            agent=session_pb2.Agent(id="agent"),
            interaction=session_pb2.Interaction(id=about),
            user_data=common_pb2.UserData(
                values={"topic": common_pb2.UserValue(text=CANARIES[0]), CANARIES[1]: common_pb2.UserValue(number=1)}
            ),
            text=CANARIES[2],
            request_id=str(uuid.uuid4()),
        )
        answer, done = sessions.StartSession.with_call(call, timeout=TIMEOUT, metadata=metadata)
        return answer.session, dict(done.initial_metadata())

    # Nobody has a desk: it waits. When a desk attaches, somebody is asked and accepts.
    first, returned = start("call-1", (("traceparent", PARENT),))
    assert returned["traceparent"].split("-")[1] == TRACE, returned
    until("somebody waits", lambda: Samples(get(metrics["session-bridge"], "/metrics")[1])
          .sum("expertline_legs", state="waiting", routing_point="help") == 1)  # fmt: skip
    longest = Samples(get(metrics["session-bridge"], "/metrics")[1])
    assert longest.sum("expertline_longest_wait_seconds", routing_point="help") > 0
    desk = Desk(to_sessions, experts)
    preview = desk.wait_for("a preview", lambda event: event.preview.offer.session == first.name).preview
    until("the offer is accepted or asked again", lambda: accept(desk, first, preview))
    desk.ask(send_message=desk_pb2.DeskSendMessage(session=first.name, expert=last_accepted[0], text=CANARIES[2]))
    say("one waits, and is helped")

    # One declines, then one lets it run out; the agent gives up.
    second, returned = start("call-2")
    assert re.fullmatch("00-[0-9a-f]{32}-[0-9a-f]{16}-01", returned["traceparent"]), returned
    preview = desk.wait_for("a preview", lambda event: event.preview.offer.session == second.name).preview
    desk.ask(decline=desk_pb2.DeskDecline(offer=preview.offer))
    until("the other lets it run out", lambda: Samples(get(metrics["session-bridge"], "/metrics")[1])
          .sum("expertline_offers_total", outcome="timed_out") >= 1)  # fmt: skip
    sessions.EndSession(
        session_pb2.EndSessionRequest(name=second.name, outcome=session_pb2.SESSION_OUTCOME_CANCELED, request_id=str(uuid.uuid4())),
        timeout=TIMEOUT,
    )
    sessions.EndSession(
        session_pb2.EndSessionRequest(name=first.name, outcome=session_pb2.SESSION_OUTCOME_HELPED, request_id=str(uuid.uuid4())),
        timeout=TIMEOUT,
    )
    try:
        sessions.GetSession(session_pb2.GetSessionRequest(name=f"{DOMAIN}/sessions/none"), timeout=TIMEOUT)
        raise AssertionError("there is no such session")
    except grpc.RpcError as error:
        assert error.code() == grpc.StatusCode.NOT_FOUND, error
    say("one is declined, runs out, and is given up")

    # A bad strategy is not loaded; a good one is.
    at = metrics["strategy-evaluation"]
    file = folder / "strategies" / "help.yaml"
    good = file.read_text()
    file.write_text(good + "nonsense: 1\n")
    until("a load fails", lambda: Samples(get(at, "/metrics")[1]).sum("expertline_strategy_reloads_total", outcome="failure"))
    assert Samples(get(at, "/metrics")[1]).sum("expertline_strategy_last_reload_successful") == 0
    file.write_text(good.replace("30s", "31s"))
    until("a load succeeds", lambda: Samples(get(at, "/metrics")[1]).sum("expertline_strategy_reloads_total", outcome="success"))
    say("strategies are loaded again")

    # Half an hour of eligible time for each, as the replica that accounts for it writes it: then there is something to judge.
    store = folder / "redis.sock"

    def redis(*command):
        return subprocess.run(["redis-cli", "-s", store, *command], check=True, capture_output=True, text=True).stdout.strip()

    now = time.time()
    hour_s = int(now % 86400 // 3600 * 3600)
    stretches = []
    for name in experts:
        stretches += [str(int(now // 86400)), name, str(hour_s), str(hour_s + 1800)]
    assert redis("FCALL", "xl1_eligible", "1", "{main}:clock", redis("GET", "{main}:accountant"), *stretches) == "ok"
    until("fairness is judged", lambda: Samples(get(at, "/metrics")[1]).sum(
        "expertline_fairness_experts", skill="billing", hour="current") == 3)  # fmt: skip
    scrape = Samples(get(at, "/metrics")[1])
    # Four offers or more to three people, one of them accepted.
    assert scrape.sum("expertline_fairness_jain_index", skill="billing", measure="accepts", hour="current") > 0.33
    assert scrape.sum("expertline_skillset_decline_ratio", skill="*", hour="current") > 0
    assert scrape.sum("expertline_skillset_overlook_ratio", skill="*", hour="current") > 0
    say("fairness is judged")
    more.set()
    desk.close()


last_accepted = []


def accept(desk, session, preview):
    """Accepts whatever offer of the session is open: on a busy machine the first one may have run out."""
    offers = [event.preview for event in list(desk._incoming) if event.preview.offer.session == session.name]
    result = desk.ask(accept=desk_pb2.DeskAccept(offer=offers[-1].offer))
    if result.outcome != common_pb2.OFFER_OUTCOME_ACCEPTED:
        return False
    last_accepted.append(offers[-1].expert)
    return True


def check_traces(collector):
    def complete():
        found = {(service, span.name) for service, span in collector.of(TRACE)}
        return found >= {
            ("session-bridge", "SessionService/StartSession"),
            ("session-bridge", "xl1_enqueue"),
            ("session-bridge", "StrategyService/Route"),
            ("strategy-evaluation", "StrategyService/Route"),
            ("strategy-evaluation", "decide"),
            ("strategy-evaluation", "xl1_wait"),
            ("strategy-evaluation", "xl1_reserve"),  # by a wake: the trace came out of the store
            ("session-bridge", "DeskService/Answer"),
            ("session-bridge", "xl1_answer"),
        }  # fmt: skip

    until("a trace through the services", complete)
    spans = [span for _, span in collector.of(TRACE)]
    ids = {span.span_id for span in spans} | {bytes.fromhex(PARENT.split("-")[2])}
    assert all(len(span.span_id) == 8 and span.parent_span_id in ids for span in spans)
    assert all(0 < span.start_time_unix_nano <= span.end_time_unix_nano for span in spans)
    served = [span for service, span in collector.of(TRACE) if span.name == "StrategyService/Route"]
    client, server = sorted(served, key=lambda span: span.kind, reverse=True)[:2]
    assert server.parent_span_id == client.span_id or client.parent_span_id == server.span_id
    until("presence-ingest exports too", lambda: any(service == "presence-ingest" for service, _ in collector.spans))
    say(f"{len(spans)} spans of the trace from {len({service for service, _ in collector.of(TRACE)})} services")


def check_metrics(folder, metrics, names):
    golden, seen = read_golden(), {}
    until("the sessions are counted", lambda: Samples(get(metrics["session-bridge"], "/metrics")[1])
          .sum("expertline_sessions_ended_total") == 2)  # fmt: skip
    for name in names:
        status, text = get(metrics[name], "/metrics")
        assert status == 200
        checked = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True)
        assert checked.returncode == 0 and not checked.stderr, (name, checked.stderr)
        for line in text.splitlines():
            kind = re.fullmatch(r"# (HELP|TYPE) (\w+) (.*)", line)
            if kind:
                seen.setdefault(kind[2], {})[kind[1]] = kind[3]
        if name == "session-bridge":
            bridge = Samples(text)
    for name, what in seen.items():
        assert golden.get(name) == (what["TYPE"], what["HELP"]), (name, what, golden.get(name))
    missing = sorted(set(golden) - set(seen))
    assert not missing, missing
    assert bridge.sum("expertline_sessions_started_total", routing_point="help") == 2
    assert bridge.sum("expertline_sessions_ended_total", outcome="helped") == 1
    assert bridge.sum("expertline_sessions_ended_total", outcome="canceled") == 1
    assert bridge.sum("expertline_sessions_open") == 0
    assert bridge.sum("expertline_legs") == 0, {k: v for k, v in bridge.values.items() if k[0] == "expertline_legs"}
    assert bridge.sum("expertline_offers_total", outcome="accepted") == 1
    assert bridge.sum("expertline_offers_total", outcome="declined") == 1
    assert bridge.sum("expertline_time_to_expert_seconds_count") == 1
    assert bridge.sum("expertline_wait_duration_seconds_count") >= 1
    assert bridge.sum("expertline_preview_answer_seconds_count") == bridge.sum("expertline_offers_total")
    assert bridge.sum("expertline_rpc_server_handled_total", method="StartSession", code="OK") == 2
    assert bridge.sum("expertline_rpc_server_handled_total", method="GetSession", code="NOT_FOUND") == 1
    assert bridge.sum("expertline_store_persistence_ok") == 1
    assert bridge.sum("expertline_certificate_not_after_timestamp_seconds") > time.time()
    say(f"{len(golden)} metrics are as the golden list has them")


def check_logs(folder, names):
    with_trace = 0
    for name in names:
        for line in (folder / (name + ".log")).read_text().splitlines():
            entry = json.loads(line)
            assert {"time", "level", "service", "msg"} <= set(entry) and entry["service"] == name, line
            with_trace += entry.get("trace_id") == TRACE and "session" in entry
    assert with_trace, "no line of a log names the trace and its session"
    say("logs are JSON, with traces")


def check_canaries(folder, metrics, names, collector):
    places = {name + ".log": (folder / (name + ".log")).read_bytes() for name in names + ["redis"]}
    places.update({name + " metrics": get(metrics[name], "/metrics")[1].encode() for name in names})
    places["traces"] = collector.raw
    for place, content in places.items():
        for canary in CANARIES:
            assert canary.encode() not in content, (canary, place)
    say("no canary is in logs, metrics and traces")
    # In the store user data are there to be carried: in the keys made for them, and nowhere else.
    kept = set()
    redis = ["redis-cli", "-s", folder / "redis.sock"]
    for key in subprocess.run(redis + ["KEYS", "*"], check=True, capture_output=True, text=True).stdout.split():
        dump = subprocess.run(redis + ["--no-raw", "DUMP", key], check=True, capture_output=True).stdout
        kind = subprocess.run(redis + ["TYPE", key], check=True, capture_output=True, text=True).stdout.strip()
        read = {"hash": ["HGETALL", key], "stream": ["XRANGE", key, "-", "+"], "string": ["GET", key],
                "zset": ["ZRANGE", key, "0", "-1"], "set": ["SMEMBERS", key], "list": ["LRANGE", key, "0", "-1"]}[kind]  # fmt: skip
        content = dump + key.encode() + subprocess.run(redis + read, check=True, capture_output=True).stdout
        if any(canary.encode() in content for canary in CANARIES):
            kept.add(re.sub(r"^\{main\}:([a-z]+).*", r"\1", key))
    # u: user data, m: messages, s: what a preview of an open offer shows, x, se and xlog: a source's note.
    print("     canaries in the store are in keys of:", " ".join(sorted(kept)))
    assert kept <= ALLOWED, kept


ALLOWED = {"u", "m", "s", "x", "se", "xlog"}

if __name__ == "__main__":
    main()
