"""Starts and ends one Superset for a check, in a folder of its own, and sees whom it talks to."""

import ipaddress
import os
import secrets
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from superset_client import SupersetClient

START_SECONDS = 600
APP = Path(__file__).with_name("superset_app.py")


class SupersetServer:
    """A running Superset: its process and its port."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, password: str) -> None:
        self.process, self.port, self._password = process, port, password

    def sign_in(self) -> SupersetClient:
        """A new session."""
        return SupersetClient(self.port, self._password)

    def foreign_addresses(self) -> set[str]:
        """Addresses off this machine that the server listens on or is connected to at this moment."""
        server = psutil.Process(self.process.pid)
        sockets = [
            socket for part in (server, *server.children(recursive=True)) for socket in part.net_connections("inet")
        ]
        addresses = {address.ip for socket in sockets for address in (socket.laddr, socket.raddr) if address}
        return {address for address in addresses if not ipaddress.ip_address(address).is_loopback}


@contextmanager
def running_superset(python: Path, folder: Path) -> Iterator[SupersetServer]:
    """Superset on a free port of the loopback, metadata in `folder`; RuntimeError with its log when it does not start."""
    folder.mkdir(parents=True)
    password = secrets.token_urlsafe()
    environment = os.environ | {
        "SUPERSET_CHECK_PASSWORD": password,
        "SUPERSET_CHECK_SECRET": secrets.token_urlsafe(42),
    }
    log = folder / "superset.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(python), str(APP), str(folder)],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
        )
        try:
            yield SupersetServer(process, _port(process, folder / "port", log), password)
        finally:
            process.kill()
            process.communicate()


def _port(process: subprocess.Popen[bytes], path: Path, log: Path) -> int:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if path.is_file():
            return int(path.read_text())
        if process.poll() is not None:
            break
        time.sleep(0.2)
    last_lines = "\n".join(log.read_text(errors="replace").splitlines()[-30:])
    raise RuntimeError(f"Superset did not start:\n{last_lines}")
