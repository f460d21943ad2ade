"""A proxy before a real server that does, at a chosen moment, what networks and servers do at times.

It reads what the client says line by line (IMAP or SMTP, in the clear), and lets all pass until its fault strikes.
"""

from __future__ import annotations

import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

_LITERAL = re.compile(rb"\{(\d+)\+?\}\r\n$")
_OPENS = re.compile(rb' (?:EXAMINE|SELECT) "?([^"\r\n]+)"?', re.IGNORECASE)
_PIECE, _PAUSE = 48, 0.005


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens when the client says a line in which `at` is found; without any of the ways it is cut off there."""

    at: bytes
    """A regular expression; empty: when it connects."""
    folder: bytes = b""
    """Only while this folder is open."""
    skip: int = 0
    """Lines that are let pass first."""
    times: int = 1
    says: bytes = b""
    """Said instead of the server, which hears nothing; TAG is the line's own."""
    and_hangs_up: bool = False
    passes: int | None = None
    """The line reaches the server; of the answer so many octets come before the connection breaks."""
    uploads: int | None = None
    """The line reaches the server; of the literal that follows so many octets do before the connection breaks."""
    edits: Callable[[bytes], bytes] | None = None
    """The server's answer, whole, becomes another."""
    dribbles: bool = False
    is_silent: bool = False
    resets: bool = False
    """A connection that breaks does so without a farewell (RST)."""


@dataclass
class Proxy:
    """Where it listens, what its clients said, and how often the fault struck."""

    port: int
    target: int
    fault: Fault | None = None
    heard: list[bytes] = field(default_factory=list)
    struck: int = 0
    _seen: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def set(self, fault: Fault | None) -> None:
        self.fault, self.struck, self._seen = fault, 0, 0

    def strikes(self, said: bytes, folder: bytes) -> Fault | None:
        with self._lock:
            fault = self.fault
            if fault is None or self.struck >= fault.times or bool(fault.at) != bool(said):
                return None
            if fault.folder not in (b"", folder) or not re.search(fault.at, said, re.IGNORECASE):
                return None
            self._seen += 1
            if self._seen <= fault.skip:
                return None
            self.struck += 1
            return fault


@contextmanager
def running_proxy(target: int, fault: Fault | None = None) -> Iterator[Proxy]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        proxy = Proxy(listener.getsockname()[1], target, fault)
        thread = threading.Thread(target=_accept, args=(listener, proxy), daemon=True)
        thread.start()
        try:
            yield proxy
        finally:
            listener.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def _accept(listener: socket.socket, proxy: Proxy) -> None:
    with suppress(OSError):
        while True:
            client, _peer = listener.accept()
            threading.Thread(target=_Connection(proxy, client).run, daemon=True).start()


class _Connection:
    """One client, and the server it believes it talks to."""

    def __init__(self, proxy: Proxy, client: socket.socket) -> None:
        self._proxy = proxy
        self._client = client
        self._server = socket.create_connection(("127.0.0.1", proxy.target), 10)
        for end in (self._client, self._server):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._folder = b""
        self._armed: Fault | None = None
        self._tag = b""
        self._answer = b""
        self._goes_on = False
        """The next line belongs to a command whose literal came before it."""

    def run(self) -> None:
        answers = threading.Thread(target=self._pass_answers, daemon=True)
        with self._client, self._server:
            with suppress(OSError):
                self._serve(answers)
            self._cut()
            if answers.is_alive():
                answers.join(5)

    def _serve(self, answers: threading.Thread) -> None:
        self._arm(b"")
        if self._armed and (self._armed.says or self._is_cut(self._armed)):
            self._client.sendall(self._armed.says)
            return
        answers.start()
        with self._client.makefile("rb") as reader:
            while (line := reader.readline()) and self._take(line, reader.read):
                pass

    def _arm(self, line: bytes) -> None:
        self._armed = self._proxy.strikes(line, self._folder)
        self._answer = b""

    def _take(self, line: bytes, read: Callable[[int], bytes]) -> bool:
        """One line of the client; False once the connection is broken."""
        if self._goes_on:
            self._goes_on = False
            self._server.sendall(line)
            return True
        self._proxy.heard.append(line)
        if opened := _OPENS.search(line):
            self._folder = opened[1]
        self._tag = line.split(b" ")[0]
        self._arm(line)
        fault = self._armed
        if fault and fault.says:
            self._client.sendall(fault.says.replace(b"TAG", self._tag))
            return not fault.and_hangs_up
        if fault and self._is_cut(fault):
            return False
        self._server.sendall(line)
        if literal := _LITERAL.search(line):
            size = int(literal[1])
            if fault and fault.uploads is not None:
                self._server.sendall(read(min(size, fault.uploads)))
                return False
            self._server.sendall(read(size))
            self._goes_on = True
        elif line.upper().startswith(b"STARTTLS"):
            self._pass_blindly()
            return False
        return True

    def _is_cut(self, fault: Fault) -> bool:
        ways = (fault.passes is not None, fault.uploads is not None, fault.edits, fault.dribbles, fault.is_silent)
        return not any(ways)

    def _pass_blindly(self) -> None:
        """What is encrypted has no lines."""
        while data := self._client.recv(65536):
            self._server.sendall(data)

    def _pass_answers(self) -> None:
        with suppress(OSError):
            while data := self._server.recv(65536):
                if not self._pass_answer(data, self._armed):
                    break
                if hasattr(socket, "TCP_QUICKACK"):  # else the client's next line, sent in pieces, waits for 40 ms
                    self._client.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        self._cut()

    def _pass_answer(self, data: bytes, fault: Fault | None) -> bool:
        if fault is None or (fault.uploads is not None):
            self._client.sendall(data)
        elif fault.passes is not None:
            left = fault.passes - len(self._answer)
            self._answer += data
            self._client.sendall(data[:left])
            return len(self._answer) < fault.passes
        elif fault.edits:
            self._answer += data
            if re.search(rb"(?:^|\n)" + re.escape(self._tag) + rb" (?:OK|NO|BAD)[^\n]*\n$", self._answer):
                self._client.sendall(fault.edits(self._answer))
        elif fault.dribbles:
            for at in range(0, len(data), _PIECE):
                self._client.sendall(data[at : at + _PIECE])
                time.sleep(_PAUSE)
        return True

    def _cut(self) -> None:
        with suppress(OSError):
            if self._armed and self._armed.resets:
                self._client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self._client.shutdown(socket.SHUT_RD)
            else:
                self._client.shutdown(socket.SHUT_RDWR)
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
