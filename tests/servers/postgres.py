"""A real PostgreSQL on a loopback port, from a temporary folder, for nobody but this test run. It refuses root: then it
runs as the user that its package made."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from servers import free_port, missing

PASSWORD = "geheim@ö/1"  # what a URL must escape


@dataclass(frozen=True, slots=True)
class Postgres:
    port: int

    def url(self, user: str = "reader", password: str = PASSWORD) -> str:
        from sqlalchemy import URL

        made = URL.create("postgresql+psycopg", user, password, "127.0.0.1", self.port, "postgres")
        return made.render_as_string(hide_password=False)


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """Its superuser is `owner`; `reader` may log in with `PASSWORD` and select."""
    programs = _programs()
    base = Path(tempfile.mkdtemp(prefix="triage-postgres-"))
    if os.getuid() == 0:
        owner = pwd.getpwnam("postgres")
        os.chown(base, owner.pw_uid, owner.pw_gid)
    data, secret = base / "data", base / "password"
    port = free_port()
    try:
        secret.write_text(PASSWORD, "utf-8")
        secret.chmod(0o644)
        options = ["-U", "owner", "-A", "scram-sha-256", "--pwfile", str(secret), "-E", "UTF8", "--locale=C", "-N"]
        _run(programs / "initdb", "-D", str(data), *options)
        served = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={base} -c fsync=off"
        _run(programs / "pg_ctl", "-D", str(data), "-l", str(base / "log"), "-o", served, "-w", "start")
        server = Postgres(port)
        _make_reader(server)
        yield server
    finally:
        if (data / "postmaster.pid").exists():
            _run(programs / "pg_ctl", "-D", str(data), "-m", "immediate", "-w", "stop")
        shutil.rmtree(base, ignore_errors=True)


def _programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: float(p.parts[-3]))
    on_path = shutil.which("initdb")
    if not found and on_path is None:
        missing("PostgreSQL")
    return found[-1].parent if found else Path(str(on_path)).parent


def _run(program: Path, *arguments: str) -> None:
    command = [str(program), *arguments]
    if os.getuid() == 0:
        command = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *command]
    ran = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd="/", check=False)
    if ran.returncode:
        raise RuntimeError(f"{program.name}: {ran.stderr.decode(errors='replace')}")


def _make_reader(server: Postgres) -> None:
    import sqlalchemy

    engine = sqlalchemy.create_engine(server.url("owner"))
    with engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE ROLE reader LOGIN PASSWORD '{PASSWORD}'")
        connection.exec_driver_sql("GRANT pg_read_all_data TO reader")
    engine.dispose()
