"""Settings of the real programs: a file with faults stops the start with their places, a good one is printed as it is.

    settings.py SESSION_BRIDGE EXPERTLINE
"""

import os
import pathlib
import subprocess
import sys
import tempfile


def run(*argv, **environment):
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60, env={**os.environ, **environment})
    return done.returncode, done.stdout, done.stderr


def main():
    bridge, expertline = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="xl-") as folder:
        file = pathlib.Path(folder) / "bridge.yaml"

        file.write_text("redis: 127.0.0.1:1\nreport-days: 3\nuser-data-limits: 10\n")
        code, out, errors = run(bridge, "--config", file)
        assert code == 2, (code, out, errors)
        assert f"{file}:2:14: report-days: Value 3 not in range" in errors, errors
        assert f"{file}:3:1: there is no setting \"user-data-limits\"" in errors, errors
        assert "did you mean user-data-limit?" in errors, errors

        file.write_text("redis: 127.0.0.1:1\nreport-days: 30\n")
        code, out, errors = run(bridge, "--config", file, "--print-config", EXPERTLINE_REPORT_DAYS="40")
        assert code == 0, errors
        assert 'report-days: "40"  # EXPERTLINE_REPORT_DAYS' in out, out
        assert f'redis: "127.0.0.1:1"  # {file}:1:1' in out, out
        printed = pathlib.Path(folder) / "printed.yaml"
        printed.write_text(out)
        code, again, errors = run(bridge, "--config", printed, "--print-config")
        assert code == 0, errors
        assert [line.split("  # ")[0] for line in again.splitlines()] == [
            line.split("  # ")[0] for line in out.splitlines()
        ]

        code, out, errors = run(bridge, EXPERTLINE_REDIS="127.0.0.1:1", EXPERTLINE_REPORT_DAYS="x")
        assert code == 2 and errors.startswith("EXPERTLINE_REPORT_DAYS: "), errors
        code, out, errors = run(bridge)
        assert code == 2 and "--redis is required" in errors, errors

        file.write_text("user-data-limit: 0\n")
        code, out, errors = run(expertline, "up", "--config", file)
        assert code == 2 and f"{file}:1:18: user-data-limit: Value 0 not in range" in errors, errors
        file.write_text("user-data-limit: 5\n")
        code, out, errors = run(expertline, "up", "--config", file, "--print-config")
        assert code == 0 and f'user-data-limit: "5"  # {file}:1:1' in out, (out, errors)
    print("ok   settings")


if __name__ == "__main__":
    main()
