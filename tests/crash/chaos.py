"""What goes wrong: processes die, stand still and come back, at random and at named points; links stall and break."""

import collections
import os
import signal
import time

from proxy import POINTS
from system import SHAPE


class Chaos:
    def __init__(self, system, draw, history, load):
        self.system, self.draw, self.history, self.load = system, draw, history, load
        self.counts = collections.Counter()
        self.recovery = collections.defaultdict(list)

    def once(self):
        what = self.draw.choices(["kill", "point", "stop", "stall", "cut", "half-open"], [40, 50, 3, 2, 3, 2])[0]
        getattr(self, what.replace("-", "_"))(self.draw.choice([*SHAPE]))

    def note(self, what, **more):
        self.counts[what] += 1
        self.history.add("chaos", kind=what, **more)

    def again(self, name):
        self.system.start(name)
        self.counts["kills"] += 1

    def kill(self, name):
        if self.draw.random() < 0.25:
            name = "redis"
        self.note("kill", process=name)
        self.system.kill(name)
        self.again(name)
        self.settle(name)

    def point(self, _):
        """Kills a process, or Redis, at a point of a call that had the fewest kills so far."""
        proxy = self.system.proxy
        todo = [(f, p) for f in sorted(proxy.calls) for p in POINTS]
        if not todo:
            return
        least = min(proxy.points[one] for one in todo)
        armed = {one for one in todo if proxy.points[one] == least}
        store, died = self.draw.random() < 0.2, []

        def die_as(name):
            def die(function, point):
                os.kill(self.system.processes[name].pid, signal.SIGKILL)
                died.append((name, function, point))

            return die

        for name, link in self.system.links.items():
            link.action, link.armed = die_as("redis" if store else name), set(armed)
        end = time.time() + 1
        while not died and time.time() < end:
            time.sleep(0.01)
        proxy.disarm()
        if died:
            name, function, point = died[0]
            self.note("at a point", process=name, function=function, point=point)
            self.system.processes[name].wait()
            self.again(name)
            self.settle(name)

    def stop(self, name):
        self.note("stop", process=name)
        pid = self.system.processes[name].pid
        os.kill(pid, signal.SIGSTOP)
        time.sleep(self.draw.uniform(0.2, 1.5))
        os.kill(pid, signal.SIGCONT)

    def stall(self, name):
        self.note("stall", process=name)
        self._still(name, ("up", "down"))

    def half_open(self, name):
        self.note("half-open", process=name)
        self._still(name, (self.draw.choice(["up", "down"]),))

    def _still(self, name, ways):
        link = self.system.links[name]
        for way in ways:
            link.stalled[way] = True
        time.sleep(self.draw.uniform(0.2, 1.5))
        for way in ways:
            link.stalled[way] = False

    def cut(self, name):
        self.note("cut", process=name)
        self.system.proxy.cut(self.system.links[name])

    def settle(self, name):
        """Some kills follow at once; after the others it is measured how long until the next preview is at a desk."""
        began = time.time()
        if self.draw.random() < 0.9:
            time.sleep(self.draw.uniform(0.05, 0.5))
            return
        while time.time() < began + 20 and self.load.last_preview < began:
            time.sleep(0.02)
        self.recovery["redis" if name == "redis" else "service"].append(time.time() - began)
