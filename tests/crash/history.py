"""What clients asked and were told, and when: one JSON object a line."""

import json
import threading
import time


class History:
    def __init__(self, path):
        self.path, self.events = path, []
        self._file, self._lock = open(path, "w"), threading.Lock()

    def add(self, what, **more):
        event = {"t": time.time(), "what": what, **more}
        with self._lock:
            if self._file.closed:
                return
            self.events.append(event)
            self._file.write(json.dumps(event) + "\n")

    def close(self):
        self._file.close()
