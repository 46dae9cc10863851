#!/usr/bin/python3
"""What systemd hears of a service: READY=1 when it serves, WATCHDOG=1 again and again, STOPPING=1 when it is told to stop.
Redis asks for a password here, which the service has from its environment.

notify.py FOLDER   FOLDER is services/ of a build
"""
import os
import signal
import socket
import subprocess
import sys
import tempfile

WAIT = 60  # seconds for each message


def main():
    program = sys.argv[1] + "/presence-ingest/presence-ingest"
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(folder + "/notify")
        heard.settimeout(WAIT)
        redis = subprocess.Popen(["redis-server", "--port", "0", "--unixsocket", folder + "/redis.sock", "--dir", folder,
                                  "--requirepass", "secret"], stdout=subprocess.DEVNULL)
        service = subprocess.Popen([program, "--listen", "127.0.0.1:0", "--redis", f"unix:{folder}/redis.sock"],
                                   env=dict(os.environ, NOTIFY_SOCKET=folder + "/notify", WATCHDOG_USEC="300000",
                                            EXPERTLINE_METRICS="", EXPERTLINE_REDIS_PASSWORD="secret"))
        try:
            messages = []
            while not ("READY=1" in messages and messages.count("WATCHDOG=1") >= 3):
                messages.append(heard.recv(256).decode())
            service.send_signal(signal.SIGTERM)
            while messages[-1] != "STOPPING=1":
                messages.append(heard.recv(256).decode())
            print(f"heard {', '.join(dict.fromkeys(messages))}")
            code = service.wait(WAIT)
        finally:
            service.kill()
            redis.terminate()
            redis.wait()
    sys.exit(code)


if __name__ == "__main__":
    main()
