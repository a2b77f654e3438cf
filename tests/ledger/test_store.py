"""Appending and reading, the same in SQLite and in PostgreSQL."""

import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from danao.core import BadInput
from danao.core.errors import LedgerError, MissingExtra, StorageError
from danao.ledger import Ledger, verify
from danao.ledger.database import Row

Fill = Callable[[Ledger, int], None]


def test_what_was_appended_is_read_back_after_opening_again(place: str, subject: dict[str, str]):
    with Ledger.open(place) as ledger:
        assert len(ledger) == 0
        assert ledger
        receipts = [
            ledger.append("proof", subject, {"eur": 0.1, "text": "Ümläut 😀", "none": None}),
            *ledger.append_many([("approval", subject, {"by": "sha256:ab"}), ("decision", subject, {"start": [1, 2]})]),
        ]
        assert ledger.append_many([]) == []
    with Ledger.open(place, create=False) as ledger:
        records = list(ledger.records())
        assert [(record.seq, record.hash, record.id) for record in records] == [
            (receipt.seq, receipt.hash, receipt.id) for receipt in receipts
        ]
        assert [record.kind for record in records] == ["proof", "approval", "decision"]
        assert records[0].predicate == {"eur": 0.1, "text": "Ümläut 😀", "none": None}
        assert records[0].subject == subject
        assert records[1].prev_hash == receipts[0].hash
        assert records[2].to_dict()["statement"]["predicate"] == {"start": [1, 2]}
        assert receipts[2].to_dict() == {"id": receipts[2].id, "seq": 2, "hash": receipts[2].hash}
        assert len(ledger) == 3


def test_records_can_be_asked_for_by_kind_and_from_a_number_across_pages(ledger: Ledger, fill: Fill):
    fill(ledger, 2600)
    assert [record.seq for record in ledger.records()] == list(range(2600))
    assert [record.seq for record in ledger.records("outcome", start=9)] == list(range(11, 2600, 4))
    with pytest.raises(BadInput, match="Expected one of proof"):
        next(ledger.records("aproval"))


def test_a_record_is_found_by_number_and_by_the_first_digits_of_its_hash(ledger: Ledger, fill: Fill):
    fill(ledger, 300)
    for record in list(ledger.records())[::37]:
        for key in (record.seq, str(record.seq), record.id, record.hash, record.hash[:13].upper()):
            assert ledger.record(key) == record


def test_digits_that_begin_several_ids_are_refused_with_the_candidates(ledger: Ledger, fill: Fill):
    fill(ledger, 3000)  # 3,000 of 65,536 prefixes: a collision of four digits is certain to 1e-29
    seen: dict[str, str] = {}
    for record in ledger.records():
        first = seen.setdefault(record.hash[:4], record.id)
        if first != record.id and not record.hash[:4].isdecimal():
            break
    with pytest.raises(BadInput, match="Type more digits") as refused:
        ledger.record(record.hash[:4])
    assert first in str(refused.value)
    assert record.id in str(refused.value)


@pytest.mark.parametrize("key", [5, -1, "5", 2**70, "ffffffffffff", "abc", "zzzz", "", "%", "0" * 65])
def test_a_key_without_a_record_is_refused(ledger: Ledger, fill: Fill, key: int | str):
    fill(ledger, 5)
    with pytest.raises(BadInput):
        ledger.record(key)


def test_a_bad_entry_among_good_ones_stores_none_of_them(ledger: Ledger, subject: dict[str, str]):
    with pytest.raises(BadInput, match=r"decision record: predicate\.eur: is nan"):
        ledger.append_many([("proof", subject, {}), ("decision", subject, {"eur": float("nan")})])
    with pytest.raises(BadInput, match=r"beyond 2\*\*53 - 1"):
        ledger.append("proof", subject, {"seed": 2**53})
    assert len(ledger) == 0


def test_a_missing_ledger_is_not_made_unless_asked_for(tmp_path: Path, postgresql_or_none: str | None):
    places = [str(tmp_path / "no" / "ledger.sqlite"), postgresql_or_none]
    (tmp_path / "empty.sqlite").touch()
    for absent in [*filter(None, places), str(tmp_path / "empty.sqlite")]:
        with pytest.raises(BadInput, match="no ledger is there"):
            Ledger.open(absent, create=False)
    assert not (tmp_path / "no").exists()


@pytest.fixture
def postgresql_or_none(request: pytest.FixtureRequest) -> str | None:
    try:
        return str(request.getfixturevalue("postgresql_url"))
    except pytest.skip.Exception:
        return None


@pytest.mark.parametrize("url", ["mysql://a@b/c", "http://example.com", "postgresql://localhost", "://"])
def test_an_address_that_is_none_of_a_ledger_is_refused(url: str):
    with pytest.raises(BadInput, match="Expected a path, or postgresql://"):
        Ledger.open(url)


def test_a_sqlite_url_is_a_path(tmp_path: Path, subject: dict[str, str]):
    with Ledger.open(f"sqlite:///{tmp_path}/a.sqlite") as ledger:
        ledger.append("proof", subject, {})
    with Ledger.open(tmp_path / "a.sqlite", create=False) as ledger:
        assert len(ledger) == 1


def test_a_server_that_cannot_be_reached_is_a_storage_error_without_the_password():
    pytest.importorskip("psycopg")
    with pytest.raises(StorageError) as error:
        Ledger.open("postgresql://danao:secret@127.0.0.1:1/ledger")
    assert "secret" not in str(error.value)
    assert "127.0.0.1" in str(error.value)


def test_a_ledger_of_a_newer_version_is_refused_and_not_changed(ledger: Ledger, place: str, fill: Fill):
    fill(ledger, 3)
    with ledger.database.writing() as connection:
        connection.exec_driver_sql("UPDATE danao_ledger SET value = '2' WHERE key = 'schema'")
    with pytest.raises(LedgerError, match=r"newer Danao \(ledger version 2\).*Upgrade"):
        Ledger.open(place)
    assert not verify(ledger).ok


def test_a_file_that_is_no_database_is_refused_and_not_changed(tmp_path: Path):
    path = tmp_path / "notes.txt"
    path.write_text("not a database, but long enough to look at " * 50)
    before = path.read_bytes()
    with pytest.raises(LedgerError, match="is not one"):
        Ledger.open(path)
    assert path.read_bytes() == before


def test_every_sqlite_connection_syncs_fully_and_the_log_is_write_ahead(tmp_path: Path, subject: dict[str, str]):
    with Ledger.open(tmp_path / "a.sqlite") as ledger:
        connections = [ledger.database.engine.raw_connection() for _ in range(4)]
        for connection in connections:
            cursor = connection.cursor()
            assert cursor.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
            assert cursor.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        for connection in connections:
            connection.close()
        ledger.append("proof", subject, {})
        assert (tmp_path / "a.sqlite-wal").stat().st_size > 0


@pytest.mark.postgresql
def test_a_postgresql_commit_is_durable_where_the_server_would_not_wait(postgresql_url: str, subject: dict[str, str]):
    import psycopg

    name = postgresql_url.rsplit("/", 1)[1]
    with psycopg.connect(postgresql_url, autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {name} SET synchronous_commit TO off")
        connection.execute(f"ALTER DATABASE {name} SET default_transaction_isolation TO 'serializable'")
    with Ledger.open(postgresql_url) as ledger:
        seen = []
        chain = ledger._chain

        def spy(*arguments: object) -> object:
            with psycopg.connect(postgresql_url) as other:
                locks = other.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted")
                seen.append(locks.fetchone())
            return chain(*arguments)

        ledger._chain = spy
        ledger.append("proof", subject, {})
        assert seen == [(1,)]
        with ledger.database.writing() as inside:
            assert inside.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"
            assert inside.exec_driver_sql("SHOW transaction_isolation").scalar() == "read committed"


def test_threads_that_wait_at_the_same_time_share_one_commit(ledger: Ledger, subject: dict[str, str]):
    threads = 8
    commits = []
    append = ledger.database.append

    def slow_at_first(chain: Callable[[Row | None], Sequence[Row]]) -> None:
        commits.append(1)
        while len(commits) == 1 and len(ledger._queue) < threads - 1:
            time.sleep(0.001)  # until all the others wait
        append(chain)

    ledger.database.append = slow_at_first
    run_in_threads(threads, lambda name: ledger.append("decision", subject, {"thread": name}))
    assert len(commits) == 2
    assert sorted(record.predicate["thread"] for record in ledger.records()) == list(range(threads))
    assert verify(ledger).ok


def test_threads_that_append_at_once_keep_their_order_and_get_their_own_receipts(
    ledger: Ledger, subject: dict[str, str]
):
    threads, each = 8, 25
    receipts: dict[int, list[int]] = {}

    def work(name: int) -> None:
        receipts[name] = [ledger.append("decision", subject, {"thread": name, "n": n}).seq for n in range(each)]

    run_in_threads(threads, work)
    assert sorted(seq for seqs in receipts.values() for seq in seqs) == list(range(threads * each))
    assert all(seqs == sorted(seqs) for seqs in receipts.values())
    for record in ledger.records():
        assert receipts[record.predicate["thread"]][record.predicate["n"]] == record.seq
    assert verify(ledger).ok


def run_in_threads(count: int, work: Callable[[int], object]) -> None:
    workers = [threading.Thread(target=work, args=(name,)) for name in range(count)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def test_a_failed_commit_is_told_to_every_caller_and_the_next_one_works(ledger: Ledger, subject: dict[str, str]):
    append = ledger.database.append

    def fail(chain: object) -> None:
        time.sleep(0.02)
        raise StorageError("disk", "the disk is full")

    ledger.database.append = fail
    told = []

    def work(_: int) -> None:
        with pytest.raises(StorageError):
            ledger.append("proof", subject, {})
        told.append(1)

    run_in_threads(6, work)
    ledger.database.append = append
    assert len(told) == 6
    assert ledger.append("proof", subject, {}).seq == 0


def test_an_interrupted_commit_leaves_nobody_waiting(ledger: Ledger, subject: dict[str, str]):
    append = ledger.database.append

    def interrupt(chain: object) -> None:
        raise KeyboardInterrupt

    ledger.database.append = interrupt
    with pytest.raises(KeyboardInterrupt):
        ledger.append("proof", subject, {})
    ledger.database.append = append
    assert ledger.append("proof", subject, {}).seq == 0


def test_proofs_of_a_growing_ledger_hold_against_earlier_roots(ledger: Ledger, place: str, fill: Fill):
    roots = {}
    with Ledger.open(place) as other:  # the reader's tree must follow what another writer appends
        for count in (1, 6, 1, 25):
            fill(other, count)
            roots[len(ledger)] = ledger.root()
        size = len(ledger)
        for old_size, old_root in roots.items():
            assert ledger.consistency(old_size).holds(old_root, roots[size])
            for seq in range(old_size):
                proof = ledger.inclusion(seq, old_size)
                assert proof.holds(old_root)
                assert proof.leaf.hex() == ledger.record(seq).hash
    with pytest.raises(BadInput):
        ledger.inclusion(size)


def test_a_ledger_that_was_cut_off_while_open_gives_no_head(ledger: Ledger, fill: Fill, key):
    fill(ledger, 20)
    ledger.head(key)
    with ledger.database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM danao_record WHERE seq >= 15")
    with pytest.raises(LedgerError, match="removed or rewritten since"):
        ledger.head(key)


def test_a_ledger_with_a_hole_gives_no_head(ledger: Ledger, fill: Fill, key):
    fill(ledger, 20)
    with ledger.database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM danao_record WHERE seq = 7")
    with pytest.raises(LedgerError, match="record 7 is missing"):
        ledger.head(key)


def test_a_changed_record_is_not_read_as_a_good_one(tmp_path: Path, fill: Fill):
    with Ledger.open(tmp_path / "a.sqlite") as ledger:
        fill(ledger, 5)
        with sqlite3.connect(tmp_path / "a.sqlite") as raw:
            raw.execute("UPDATE danao_record SET body = replace(body, 'number', 'numbre') WHERE seq = 3")
        with pytest.raises(LedgerError, match="record 3: does not hash"):
            ledger.record(3)
        with pytest.raises(LedgerError, match="record 3"):
            list(ledger.records())


@pytest.mark.parametrize("damage", ["body = '{}'", "hash = x'00'", "seq = 1000", "seq = -1000"])
def test_nothing_is_built_on_a_damaged_end(tmp_path: Path, fill: Fill, subject: dict[str, str], damage: str):
    path = tmp_path / "a.sqlite"
    with Ledger.open(path) as ledger:
        fill(ledger, 1)
        with sqlite3.connect(path) as raw:
            raw.execute(f"UPDATE danao_record SET {damage}")
        with pytest.raises(LedgerError, match="its last record, -?[0-9]+, is damaged"):
            ledger.append("proof", subject, {})
        with sqlite3.connect(path) as raw:
            assert raw.execute("SELECT count(*) FROM danao_record").fetchone() == (1,)


def test_a_missing_driver_names_the_extra_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MissingExtra, match=r'pip install "danao\[postgresql\]"'):
        Ledger.open("postgresql://danao@127.0.0.1/danao")


numbers = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
json_predicates = st.dictionaries(st.text(max_size=8), st.none() | st.booleans() | numbers | st.text(), max_size=5)


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(json_predicates, max_size=4), max_size=4))
def test_any_predicates_in_any_batches_come_back_and_verify(tmp_path: Path, batches: list[list[dict[str, object]]]):
    path = tmp_path / f"{time.monotonic_ns()}.sqlite"
    subject = {"x": "0" * 64}
    with Ledger.open(path) as ledger:
        for batch in batches:
            ledger.append_many(("outcome", subject, predicate) for predicate in batch)
        expected = [predicate for batch in batches for predicate in batch]
        assert [record.predicate for record in ledger.records()] == expected
        report = verify(ledger)
        assert report.ok
        assert report.records == len(expected)
        assert report.root_hash == ledger.root().hex()
