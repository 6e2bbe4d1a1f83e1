#!/usr/bin/env python3
"""Runs the real DodonaCLI (PyPI: dodonacli) against a learning platform with the demonstration's data.

Of the client nothing is changed but where its hard-wired host leads: a `sitecustomize` module lets connections to
`dodona.be` go to the given base URL. The requests, their `Host` header included, are the client's own.

    dodonacli.py --base-url http://127.0.0.1:8401 --token TOKEN --venv FOLDER [--ca PEM]

FOLDER is a virtual environment with `dodonacli` installed. The token is one of user 3 (student). Exits with 0 when
every step said what it should, with 1 otherwise.
"""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

REDIRECT = '''
import http.client, os, socket, ssl
from urllib.parse import urlsplit

_target = urlsplit(os.environ["DODONACLI_BASE_URL"])
_original = http.client.HTTPSConnection.__init__

def _lead(connection, host):
    if host != "dodona.be":
        raise OSError("the test redirects dodona.be only, not " + host)
    connection._create_connection = lambda address, *rest: socket.create_connection((_target.hostname, _target.port), *rest)

def _encrypted(connection, host, *arguments, **options):
    options["context"] = ssl.create_default_context(cafile=os.environ["DODONACLI_CA"] or None)
    _original(connection, host, *arguments, **options)
    _lead(connection, host)

class _Plain(http.client.HTTPConnection):
    def __init__(self, host, *arguments, **options):
        super().__init__(host, *arguments, **options)
        _lead(self, host)

if _target.scheme == "https":
    http.client.HTTPSConnection.__init__ = _encrypted
else:
    http.client.HTTPSConnection = _Plain
'''


class Run:
    """One user's folder and configuration, and what went wrong so far."""

    def __init__(self, arguments, folder):
        self.client = pathlib.Path(arguments.venv).resolve() / "bin" / "dodona"
        self.folder = folder / "work"
        self.folder.mkdir()
        (folder / "redirect").mkdir()
        (folder / "redirect" / "sitecustomize.py").write_text(REDIRECT)
        self.configuration = folder / "config" / "DodonaCLI" / "config.json"
        self.configuration.parent.mkdir(parents=True)
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "XDG_CONFIG_HOME": str(folder / "config"),
            "PYTHONPATH": str(folder / "redirect"),
            "DODONACLI_BASE_URL": arguments.base_url,
            "DODONACLI_CA": str(pathlib.Path(arguments.ca).resolve()) if arguments.ca else "",
            "COLUMNS": "200",
            "PYTHONUTF8": "1",
        }
        self.failures = 0
        self.log_in(arguments.token)

    def log_in(self, token):
        self.configuration.write_text(json.dumps({"TOKEN": token}))

    def step(self, command, *expected, absent=()):
        done = subprocess.run(
            [str(self.client), *command], cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=60
        )
        # It writes colours to a pipe as well.
        said = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout + done.stderr)
        missing = [text for text in expected if text not in said]
        present = [text for text in (*absent, "Traceback") if text in said]
        print(("ok   " if not missing and not present else "FAIL ") + "dodona " + " ".join(command))
        if missing or present:
            self.failures += 1
            print(f"     missing: {missing}, unexpected: {present}, it said:\n{said}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--base-url", required=True)
    parser.add_argument("--token", required=True)
    parser.add_argument("--venv", required=True)
    parser.add_argument("--ca")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run = Run(arguments, pathlib.Path(folder))
        (run.folder / "wrong.py").write_text("print('hello')\n")
        (run.folder / "right.py").write_text('# mine\nprint( "Hello, world!" )\n')
        run.step(["display"], "Your courses:", "1: Programming for beginners", "8: Algorithms and data structures")
        run.step(["select", "1"], 'Course "Programming for beginners" selected.')
        run.step(["display"], "All series:", "1: 1. First steps", "2: 2. Variables", absent=["Behind a link", "Closed"])
        run.step(["select", "first"], 'Series "1. First steps" selected.')
        run.step(["display"], "10: Welcome", "READ", "11: Hello, World!", "12: Echo")
        run.step(["select", "11"], "Exercise Hello, World! selected.")
        run.step(["display"], "You can find the exercise description at", "https://dodona.be/nl/activities/11/description/")
        # An earlier run may have handed in just now.
        time.sleep(5)
        run.step(["post", "wrong.py"], "Wrong tabs:", "Expected:", "Hello, world!", "https://dodona.be/nl/submissions/")
        run.step(["post", "right.py"], "Patience, young padawan.")
        time.sleep(5)
        run.step(["post", "-c", "right.py"], "All tests passed!", "https://dodona.be/nl/submissions/")
        run.step(["sub", "view"], "Most recent submissions:", "correct", "wrong")
        run.step(["sub", "load"], "is now saved in:")
        run.step(["up", "all"])
        run.step(["sub"], "Most recent submissions:", "Hello, World!", "Fibonacci", absent=["unable to get info"])
        run.step(["select", "8"], "selected.")
        run.step(["select", "--hidden", "achter-een-link", "3"], 'Series "3. Behind a link" selected.')
        run.step(["display"], "15: Hidden treasure")
        run.log_in("no-such-token")
        run.step(["display"], "Error connecting to Dodona: 401")
        return 1 if run.failures else 0


if __name__ == "__main__":
    sys.exit(main())
