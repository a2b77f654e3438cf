"""Several processes at one ledger, processes that are killed, and disks that are full or read-only."""

import os
import random
import resource
import shutil
import signal
import sqlite3
import stat
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from danao.core.errors import LedgerError, StorageError
from danao.ledger import Ledger, verify

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
SUBJECT = {"case": "ab" * 32}
NOBODY = 65534


def child(work: Callable[[], None]) -> int:
    """Run `work` in a forked process.

    Returns:
        Its process id. It exits with 0 when `work` returned.
    """
    process = os.fork()
    if process:
        return process
    status = 1
    try:
        work()
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def succeeded(process: int) -> bool:
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0


@pytest.mark.parametrize("batch", [1, 7])
def test_processes_that_append_at_once_lose_nothing_and_keep_one_chain(place: str, batch: int):
    def work() -> None:
        with Ledger.open(place) as ledger:  # all of them may be the one that makes it
            for number in range(40):
                predicate = {"process": os.getpid(), "n": number}
                ledger.append_many([("decision", SUBJECT, predicate)] * batch)

    workers = [child(work) for _ in range(3)]
    assert [succeeded(worker) for worker in workers] == [True] * 3
    with Ledger.open(place, create=False) as ledger:
        assert verify(ledger).ok
        counts = Counter((record.predicate["process"], record.predicate["n"]) for record in ledger.records())
    assert counts == {(worker, number): batch for worker in workers for number in range(40)}


def test_a_forked_child_can_go_on_with_its_parents_ledger(ledger: Ledger):
    ledger.append("proof", SUBJECT, {})
    worker = child(lambda: [ledger.append("outcome", SUBJECT, {"n": n}) for n in range(5)] and None)
    mine = [ledger.append("decision", SUBJECT, {"n": n}) for n in range(5)]
    assert succeeded(worker)
    assert len(ledger) == 11
    assert verify(ledger).ok
    assert [ledger.record(receipt.seq).hash for receipt in mine] == [receipt.hash for receipt in mine]


@pytest.mark.parametrize(("first", "kills"), [(1, 50), (20, 50)])
def test_a_process_killed_in_mid_append_loses_nothing_acknowledged(place: str, first: int, kills: int):
    """100 kills on SQLite; on PostgreSQL, where a new session costs more, 2 x 10."""
    kills = 10 if place.startswith("postgresql") else kills
    luck = random.Random(kills + first)
    Ledger.open(place).close()
    acknowledged: dict[int, str] = {}
    for turn in range(kills):
        reading, writing = os.pipe()

        def work(turn: int = turn, writing: int = writing) -> None:
            ledger = Ledger.open(place)
            number = 0
            while True:
                entry = ("decision", SUBJECT, {"turn": turn, "n": number, "of": first})
                for receipt in ledger.append_many([entry] * first):
                    os.write(writing, f"{receipt.seq} {receipt.hash}\n".encode())
                number += 1

        worker = child(work)
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            begun = pipe.readline()
            time.sleep(luck.uniform(0, 0.03))
            os.kill(worker, signal.SIGKILL)
            assert os.WIFSIGNALED(os.waitpid(worker, 0)[1])
            lines = (begun + pipe.read()).splitlines(keepends=True)
        for line in lines:
            if line.endswith(b"\n"):
                seq, digest = line.split()
                acknowledged[int(seq)] = digest.decode()
    with Ledger.open(place, create=False) as ledger:
        report = verify(ledger)
        assert report.ok, report
        records = {record.seq: record for record in ledger.records()}
    assert len(acknowledged) >= kills
    assert {seq: records[seq].hash for seq in acknowledged} == acknowledged
    batches = Counter((record.predicate["turn"], record.predicate["n"]) for record in records.values())
    assert set(batches.values()) == {first}  # a batch is there as a whole or not at all


def test_a_full_disk_is_a_storage_error_and_nothing_is_half_written(tmp_path: Path):
    with Ledger.open(tmp_path / "a.sqlite") as ledger:
        kept = ledger.append("proof", SUBJECT, {})
        pages = 30

        @sa.event.listens_for(ledger.database.engine, "checkout")
        def limit(raw: sqlite3.Connection, *_: object) -> None:
            raw.execute(f"PRAGMA max_page_count={pages}")

        with pytest.raises(StorageError, match=r"the disk is full.*Nothing of this append was written.*Free some"):
            ledger.append_many([("decision", SUBJECT, {"text": "x" * 5000})] * 100)
        assert len(ledger) == 1
        assert verify(ledger).ok
        assert ledger.record(0).hash == kept.hash
        pages = 100_000
        assert ledger.append("decision", SUBJECT, {}).seq == 1


def test_a_write_that_the_system_refuses_is_a_storage_error_and_nothing_is_half_written(tmp_path: Path):
    path = tmp_path / "a.sqlite"
    with Ledger.open(path) as ledger:
        ledger.append("proof", SUBJECT, {})

    def work() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
        with Ledger.open(path) as ledger:
            with pytest.raises(StorageError):
                ledger.append_many([("decision", SUBJECT, {"text": "x" * 5000})] * 100)
            assert len(ledger) == 1

    assert succeeded(child(work))
    with Ledger.open(path) as ledger:
        assert verify(ledger).ok
        assert ledger.append("decision", SUBJECT, {}).seq == 1


@pytest.fixture
def public_folder() -> Iterator[Path]:
    """A folder that an ordinary user can reach, which pytest's own is not when root runs the tests."""
    folder = Path(tempfile.mkdtemp(prefix="danao-ledger-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def as_ordinary_user(work: Callable[[], None]) -> bool:
    def drop_and_work() -> None:
        if os.geteuid() == 0:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        work()

    return succeeded(child(drop_and_work))


def test_a_ledger_on_a_read_only_disk_can_be_read_and_verified_but_not_appended_to(public_folder: Path):
    path = public_folder / "a.sqlite"
    with Ledger.open(path) as ledger:
        ledger.append_many([("decision", SUBJECT, {"n": n}) for n in range(10)])
    before = path.read_bytes()
    path.chmod(stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH)
    public_folder.chmod(0o555)

    def work() -> None:
        with Ledger.open(path) as ledger:
            assert verify(ledger).records == 10
            assert ledger.record(4).predicate == {"n": 4}
            with pytest.raises(StorageError, match=r"read-only.*Nothing of this append was written"):
                ledger.append("proof", SUBJECT, {})
        with pytest.raises(StorageError, match="read-only"):
            Ledger.open(public_folder / "new.sqlite")
        with pytest.raises(StorageError, match="read-only"):
            Ledger.open(public_folder / "new" / "a.sqlite")

    assert as_ordinary_user(work)
    public_folder.chmod(0o755)
    assert path.read_bytes() == before
    assert [entry.name for entry in public_folder.iterdir()] == ["a.sqlite"]


@pytest.mark.postgresql
def test_a_read_only_server_is_a_storage_error(postgresql_url: str):
    import psycopg

    with Ledger.open(postgresql_url) as ledger:
        ledger.append("proof", SUBJECT, {})
    with psycopg.connect(postgresql_url, autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {postgresql_url.rsplit('/', 1)[1]} SET default_transaction_read_only TO on")
    with Ledger.open(postgresql_url) as ledger:
        with pytest.raises(StorageError, match="read-only transaction"):
            ledger.append("proof", SUBJECT, {})
        assert len(ledger) == 1
        assert verify(ledger).ok


def test_a_ledger_that_another_process_keeps_locked_is_an_error_in_words(tmp_path: Path):
    path = tmp_path / "a.sqlite"
    with Ledger.open(path) as ledger:

        @sa.event.listens_for(ledger.database.engine, "checkout")
        def impatient(raw: sqlite3.Connection, *_: object) -> None:
            raw.execute("PRAGMA busy_timeout=10")

        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LedgerError, match="another process has kept it locked"):
            ledger.append("proof", SUBJECT, {})
        other.execute("ROLLBACK")
        other.close()
        assert ledger.append("proof", SUBJECT, {}).seq == 0
