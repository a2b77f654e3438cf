"""A place for each ledger: a SQLite file, and a database of a real PostgreSQL server that is started on loopback."""

import itertools
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from danao.ledger import Ledger, sha256_of

SUBJECT = {"heat-treatment": sha256_of(b"heat-treatment case")}
_numbers = itertools.count()


@pytest.fixture(scope="session")
def subject() -> dict[str, str]:
    return SUBJECT


@pytest.fixture(scope="session")
def key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


@pytest.fixture(scope="session")
def fill() -> Callable[[Ledger, int], None]:
    """Append records of all kinds."""

    def fill(ledger: Ledger, count: int) -> None:
        kinds = ("proof", "approval", "decision", "outcome")
        ledger.append_many(
            (kinds[number % 4], SUBJECT, {"number": number, "effect_eur": 12.5 * number, "note": "Härteofen 2"})
            for number in range(count)
        )

    return fill


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """URL of the `postgres` database of a fresh server on a free loopback port; stopped afterwards."""
    programs = _programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed: no initdb in /usr/lib/postgresql/*/bin or on the PATH")
    account: list[str] = []
    if os.geteuid() == 0:
        if shutil.which("runuser") is None:
            pytest.skip("PostgreSQL refuses to run as root, and there is no runuser to run it as user postgres")
        try:
            owner = pwd.getpwnam("postgres")
        except KeyError:
            pytest.skip("PostgreSQL refuses to run as root, and there is no user postgres to run it")
        account = ["runuser", "-u", "postgres", "--"]
    folder = Path(tempfile.mkdtemp(prefix="danao-postgresql-"))
    if account:
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data, log = folder / "data", folder / "log"
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=''"

    def run(*command: str) -> None:
        done = subprocess.run([*account, *command], cwd="/", capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stdout + done.stderr + (log.read_text() if log.exists() else "")

    try:
        run(str(programs / "initdb"), "-D", str(data), "-A", "trust", "-U", "danao", "-E", "UTF8", "--no-sync")
        server = [*account, str(programs / "pg_ctl"), "-D", str(data), "-l", str(log), "-o", options, "-w", "start"]
        with (folder / "start").open("w") as output:
            subprocess.run(server, cwd="/", stdout=output, stderr=output, timeout=120, check=True)
        try:
            yield f"postgresql://danao@127.0.0.1:{port}/postgres"
        finally:
            run(str(programs / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgresql_url(postgresql_server: str) -> Iterator[str]:
    """URL of an empty database of its own."""
    import psycopg

    name = f"ledger_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(postgresql_server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    yield postgresql_server.rsplit("/", 1)[0] + f"/{name}"
    with psycopg.connect(postgresql_server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a new ledger goes, in SQLite and in PostgreSQL."""
    if request.param == "sqlite":
        return str(tmp_path / "ledger.sqlite")
    return str(request.getfixturevalue("postgresql_url"))


@pytest.fixture
def ledger(place: str) -> Iterator[Ledger]:
    with Ledger.open(place) as opened:
        yield opened


def _programs() -> Path | None:
    """Folder of the newest initdb and pg_ctl."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("initdb")
    if found:
        return found[-1].parent
    return Path(on_path).resolve().parent if on_path else None
