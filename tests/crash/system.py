"""The product as three services in two replicas where that makes sense, each with a proxy between it and Redis."""

import os
import signal
import socket
import subprocess
import time

from proxy import Proxy
from resp import Redis

DOMAINS = ("main", "other")
SHAPE = {"presence-1": "presence-ingest", "strategy-1": "strategy-evaluation", "strategy-2": "strategy-evaluation",
         "bridge-1": "session-bridge", "bridge-2": "session-bridge"}


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class System:
    def __init__(self, folder, programs, strategies, mutate=None):
        self.folder, self.programs, self.strategies = folder, programs, strategies
        self.socket = os.path.join(folder, "redis.sock")
        self.proxy = Proxy(folder, self.socket, mutate)
        self.links = {name: self.proxy.link(name) for name in SHAPE}
        self.address = {name: f"127.0.0.1:{free_port()}" for name in SHAPE}
        self.processes = {}
        self.starts = 0
        self.start("redis")
        self.until(lambda: Redis(self.socket)("PING"))
        for name in SHAPE:
            self.start(name)

    def of(self, program):
        return ",".join(self.address[name] for name in SHAPE if SHAPE[name] == program)

    def target(self, program):
        return "ipv4:" + self.of(program)

    def command(self, name):
        if name == "redis":
            return ["redis-server", "--port", "0", "--unixsocket", self.socket, "--dir", self.folder, "--appendonly",
                    "yes", "--appendfsync", "always", "--save", "", "--maxmemory-policy", "noeviction"]
        program = SHAPE[name]
        argv = [os.path.join(self.programs, program), "--listen", self.address[name],
                "--redis", "unix:" + self.links[name].path]
        for domain in DOMAINS:
            argv += ["--domain", domain]
        if program == "strategy-evaluation":
            argv += ["--presence", self.of("presence-ingest"), "--strategies", self.strategies]
        if program == "session-bridge":
            argv += ["--strategy", self.of("strategy-evaluation"), "--id", name]
        return argv

    def start(self, name):
        self.starts += 1
        with open(os.path.join(self.folder, f"{name}.log"), "ab") as log:
            self.processes[name] = subprocess.Popen(self.command(name), stdout=log, stderr=log)

    def kill(self, name):
        """kill -9, and reaped."""
        self.processes[name].kill()
        self.processes[name].wait()

    def until(self, done, seconds=60):
        end = time.time() + seconds
        while True:
            try:
                return done()
            except (OSError, RuntimeError):
                if time.time() > end:
                    raise
                time.sleep(0.05)

    def stop(self):
        for name in [*SHAPE, "redis"]:
            process = self.processes[name]
            process.send_signal(signal.SIGCONT)
            process.kill()
            process.wait()
