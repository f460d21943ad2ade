"""A server that says what a test tells it to: for what real servers never say."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress


@contextmanager
def running_script(lines: Sequence[bytes], wait: float = 5.0) -> Iterator[tuple[int, list[bytes]]]:
    """(port, what the client said). The first line greets, each further one answers a line of the client, its last
    command's tag put in for TAG; then the connection is closed. No lines: it listens and says nothing."""
    heard: list[bytes] = []
    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(wait)
        thread = threading.Thread(target=_serve, args=(listener, list(lines), heard, done, wait), daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1], heard
        finally:
            done.set()
    thread.join(wait)


def _serve(listener: socket.socket, lines: list[bytes], heard: list[bytes], done: threading.Event, wait: float) -> None:
    with suppress(OSError):
        connection, _peer = listener.accept()
        with connection, connection.makefile("rb") as reader:
            connection.settimeout(wait)
            if not lines:
                done.wait(wait)
                return
            connection.sendall(lines.pop(0))
            tag = b""
            for answer in lines:
                said = reader.readline()
                heard.append(said)
                tag = said.split(b" ")[0] if b" " in said else tag
                connection.sendall(answer.replace(b"TAG", tag))
