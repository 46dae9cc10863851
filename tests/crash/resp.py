"""The Redis protocol: where commands and replies end in a stream of bytes, and a small client that only tests use."""

import socket


def end_of(data, at=0):
    """The end of the command or reply that begins at `at`, or -1 if it is not there as a whole."""
    line = data.find(b"\r\n", at)
    if line < 0:
        return -1
    kind, rest = data[at : at + 1], line + 2
    if kind in b"$=!":
        size = int(data[at + 1 : line])
        rest += size + 2 if size >= 0 else 0
        return rest if rest <= len(data) else -1
    if kind in b"*~>%":
        for _ in range(max(0, int(data[at + 1 : line])) * (2 if kind == b"%" else 1)):
            rest = end_of(data, rest)
            if rest < 0:
                return -1
    return rest


def parse(data, at=0):
    """The value that begins at `at`, and its end."""
    line = data.index(b"\r\n", at)
    kind, text, rest = data[at : at + 1], data[at + 1 : line], line + 2
    if kind == b"$":
        size = int(text)
        return (None, rest) if size < 0 else (data[rest : rest + size], rest + size + 2)
    if kind == b"*":
        values = []
        for _ in range(int(text)):
            value, rest = parse(data, rest)
            values.append(value)
        return values, rest
    return (RuntimeError(text.decode()) if kind == b"-" else int(text) if kind == b":" else text), rest


def command(*words):
    words = [w if isinstance(w, bytes) else str(w).encode() for w in words]
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words)


class Redis:
    def __init__(self, path):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(30)
        self._socket.connect(path)
        self._data = b""

    def close(self):
        self._socket.close()

    def __call__(self, *words):
        return self.all([words])[0]

    def all(self, commands):
        self._socket.sendall(b"".join(command(*words) for words in commands))
        return [self._reply() for _ in commands]

    def _reply(self):
        while (end := end_of(self._data)) < 0:
            more = self._socket.recv(1 << 20)
            if not more:
                raise ConnectionError("redis has closed the connection")
            self._data += more
        value, _ = parse(self._data)
        self._data = self._data[end:]
        if isinstance(value, RuntimeError):
            raise value
        return value

    def hash(self, key):
        flat = self("HGETALL", key)
        return {flat[i].decode(): flat[i + 1] for i in range(0, len(flat), 2)}
