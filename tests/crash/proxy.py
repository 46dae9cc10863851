"""A proxy before Redis, one socket for each process: it knows each call of a function by its name, stalls, cuts, and
acts at a named point of a call. A library with a fault is put in place of the product's on its way to Redis.

Points: `before send`, `after send` (Redis has it, the process hears nothing), `after reply`.
"""

import asyncio
import collections
import logging
import os
import threading

from resp import command, end_of, parse

logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # broken connections are what this is for
POINTS = ("before send", "after send", "after reply")


class Link:
    """What stands between one process and Redis."""

    def __init__(self, proxy, name):
        self.proxy, self.name, self.path = proxy, name, os.path.join(proxy.folder, name + ".sock")
        self.armed, self.action = set(), None  # (function, point) at which the action is done, once
        self.stalled = {"up": False, "down": False}
        self.open = set()

    async def serve(self, reader, writer):
        try:
            to, back = None, None
            back, to = await asyncio.open_unix_connection(self.proxy.redis)
        except OSError:
            writer.transport.abort()
            return
        pair = (writer, to)
        self.open.add(pair)
        waiting = collections.deque()
        pumps = [
            asyncio.ensure_future(self.pump(reader, to, "up", waiting, pair)),
            asyncio.ensure_future(self.pump(back, writer, "down", waiting, pair)),
        ]
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        for pump in pumps:
            pump.cancel()
        self.cut(pair)

    def cut(self, pair):
        self.open.discard(pair)
        for side in pair:
            side.transport.abort()

    def fire(self, function, point):
        """Does what is to be done at this point, once; true if it did."""
        if (function, point) not in self.armed:
            return False
        self.proxy.disarm()
        self.proxy.points[function, point] += 1
        self.action(function, point)
        return True

    async def pump(self, source, sink, way, waiting, pair):
        data = b""
        try:
            while more := await source.read(1 << 16):
                while self.stalled[way]:
                    await asyncio.sleep(0.02)
                data += more
                at = 0
                while at < len(data) and (end := end_of(data, at)) > 0:
                    one, at = data[at:end], end
                    if way == "up":
                        one, function = self.proxy.seen(one)
                        if self.fire(function, "before send"):
                            return
                        waiting.append(function)
                        sink.write(one)
                        if (function, "after send") in self.armed:
                            await sink.drain()
                            self.fire(function, "after send")
                            await asyncio.sleep(0.02)  # Redis has read it
                            return
                    else:
                        sink.write(one)
                        function = waiting.popleft() if waiting else None
                        if (function, "after reply") in self.armed:
                            await sink.drain()
                            self.fire(function, "after reply")
                data = data[at:]
                await sink.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass


class Proxy:
    def __init__(self, folder, redis, mutate=None):
        self.folder, self.redis, self.mutate = folder, redis, mutate
        self.links = {}
        self.calls = collections.Counter()
        self.points = collections.Counter()
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()

    def seen(self, one):
        """A command as it is passed on, and the function it calls."""
        head = one[:64].upper()
        if b"FUNCTION" in head and b"LOAD" in head and self.mutate:
            words, _ = parse(one)
            return command(*words[:-1], self.mutate(words[-1].decode()).encode()), None
        if b"FCALL" in head:
            name = parse(one, one.index(b"$", one.index(b"FCALL")))[0].decode()
            self.calls[name] += 1
            return one, name
        return one, None

    def link(self, name):
        link = Link(self, name)
        self.run(asyncio.start_unix_server(link.serve, link.path))
        self.links[name] = link
        return link

    def disarm(self):
        for link in self.links.values():
            link.armed = set()

    def run(self, what):
        return asyncio.run_coroutine_threadsafe(what, self.loop).result(10)

    def cut(self, link):
        async def cut():
            for pair in list(link.open):
                link.cut(pair)

        self.run(cut())
