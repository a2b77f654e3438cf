"""A thousand ways to falsify a ledger: every one is found, and the first bad record is named."""

import random
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from danao.core import BadInput
from danao.core.errors import DanaoError, LedgerError
from danao.ledger import Ledger, SignedHead, leaf_hash, verify
from danao.ledger.canonical import canonical, parse

SIZE = 300
Execute = Callable[..., list[tuple[Any, ...]]]
Fill = Callable[[Ledger, int], None]


@dataclass
class Forger:
    """Changes a stored ledger as somebody with full access to the database, but without the key, could."""

    execute: Execute
    luck: random.Random

    def row(self, seq: int) -> tuple[Any, ...]:
        return self.execute("SELECT kind, hash, body FROM danao_record WHERE seq = ?", seq)[0]

    def put(self, seq: int, kind: str, digest: bytes, body: bytes) -> None:
        self.execute("DELETE FROM danao_record WHERE seq = ?", seq)
        self.execute("INSERT INTO danao_record (seq, kind, hash, body) VALUES (?, ?, ?, ?)", seq, kind, digest, body)

    def any(self, least: int = 0, most: int = SIZE - 1) -> int:
        return self.luck.randint(least, most)

    def flip(self, data: bytes) -> bytes:
        changed = bytearray(data)
        bit = self.luck.randrange(8 * len(changed))
        changed[bit // 8] ^= 1 << bit % 8
        return bytes(changed)

    def rewrite(self, seq: int, /, **changes: Any) -> bytes:
        """Change the content of a record and its own hash with it."""
        kind, _, body = self.row(seq)
        content = parse(body)
        content.update(changes)
        if not changes:
            content["statement"]["predicate"]["effect_eur"] = self.luck.random()
        body = canonical(content)
        self.put(seq, kind, leaf_hash(body), body)
        return leaf_hash(body)

    def shift(self, start: int, by: int) -> None:
        """Renumber the rows from `start` on."""
        self.execute("UPDATE danao_record SET seq = -1000000 - seq - ? WHERE seq >= ?", by, start)
        self.execute("UPDATE danao_record SET seq = -1000000 - seq WHERE seq <= -1000000 - ?", start + min(by, 0))

    # Each of the following returns the number of the first record that is then wrong; None when it is none.

    def flipped_bit_in_body(self) -> int:
        seq = self.any()
        kind, digest, body = self.row(seq)
        self.put(seq, kind, digest, self.flip(body))
        return seq

    def flipped_bit_in_hash(self) -> int:
        seq = self.any()
        kind, digest, body = self.row(seq)
        self.put(seq, kind, self.flip(digest), body)
        return seq

    def flipped_bit_in_kind(self) -> int:
        seq = self.any()
        kind, digest, body = self.row(seq)
        place, bit = self.luck.randrange(len(kind)), self.luck.randrange(7)
        self.put(seq, kind[:place] + chr(ord(kind[place]) ^ 1 << bit) + kind[place + 1 :], digest, body)
        return seq

    def other_kind(self) -> int:
        seq = self.any()
        kind, digest, body = self.row(seq)
        self.put(seq, "approval" if kind == "decision" else "decision", digest, body)
        return seq

    def flipped_bit_in_number(self) -> int:
        seq = self.any()
        other = seq ^ 1 << self.luck.randrange(9, 62)
        self.execute("UPDATE danao_record SET seq = ? WHERE seq = ?", other, seq)
        return seq

    def negative_number(self) -> int:
        seq = self.any()
        self.execute("UPDATE danao_record SET seq = ? WHERE seq = ?", seq - 2**62, seq)
        return seq

    def other_time_with_new_hash(self) -> int:
        seq = self.any(0, SIZE - 3)
        self.rewrite(seq, time="2020-01-01T00:00:00.000000Z")
        return seq

    def other_content_with_new_hash(self) -> int:
        seq = self.any(0, SIZE - 3)
        self.rewrite(seq)
        return seq

    def other_previous_hash_with_new_hash(self) -> int:
        seq = self.any(0, SIZE - 3)
        self.rewrite(seq, prev_hash=self.flip(bytes(32)).hex())
        return seq

    def other_number_in_body_with_new_hash(self) -> int:
        seq = self.any(0, SIZE - 3)
        self.rewrite(seq, seq=self.any(SIZE, 2 * SIZE))
        return seq

    def removed(self) -> int:
        seq = self.any(0, SIZE - 2)
        self.execute("DELETE FROM danao_record WHERE seq = ?", seq)
        return seq

    def removed_and_renumbered(self) -> int:
        seq = self.any(0, SIZE - 2)
        self.execute("DELETE FROM danao_record WHERE seq = ?", seq)
        self.shift(seq + 1, -1)
        return seq

    def swapped(self) -> int:
        first, second = sorted(self.luck.sample(range(SIZE), 2))
        one, other = self.row(first), self.row(second)
        self.put(first, *other)
        self.put(second, *one)
        return first

    def swapped_neighbours(self) -> int:
        first = self.any(0, SIZE - 2)
        one, other = self.row(first), self.row(first + 1)
        self.put(first, *other)
        self.put(first + 1, *one)
        return first

    def copied_over(self) -> int:
        first, second = self.luck.sample(range(SIZE), 2)
        self.put(second, *self.row(first))
        return second

    def inserted(self) -> int:
        """A well-made record between two, the later ones renumbered."""
        seq = self.any(1, SIZE - 3)
        self.shift(seq, 1)
        _, digest, _ = self.row(seq - 1)
        kind, _, body = self.row(seq + 1)
        content = parse(body)
        content.update(prev_hash=digest.hex(), seq=seq)
        content["statement"]["predicate"] = {"inserted": True}
        self.put(seq, kind, leaf_hash(canonical(content)), canonical(content))
        return seq

    def appended_without_the_chain(self) -> int:
        self.put(SIZE, *self.row(self.any()))
        return SIZE

    def appended_beyond_the_end(self) -> int:
        self.put(SIZE + self.any(1, 1000), *self.row(self.any()))
        return SIZE

    def changed_id_of_the_ledger(self) -> None:
        self.execute("UPDATE danao_ledger SET value = ? WHERE key = 'ledger'", self.flip(bytes(16)).hex())

    def changed_fact(self) -> None:
        key = self.luck.choice(["schema", "ledger"])
        ((value,),) = self.execute("SELECT value FROM danao_ledger WHERE key = ?", key)
        place = self.luck.randrange(len(value))
        changed = value[:place] + chr(ord(value[place]) ^ 64) + value[place + 1 :]
        self.execute("UPDATE danao_ledger SET value = ? WHERE key = ?", changed, key)

    def removed_facts(self) -> None:
        self.execute("DELETE FROM danao_ledger WHERE key = ?", self.luck.choice(["schema", "ledger"]))

    # Only a head that was kept elsewhere shows these.

    def truncated(self) -> int:
        seq = self.any()
        self.execute("DELETE FROM danao_record WHERE seq >= ?", seq)
        return seq

    def forked(self) -> int:
        """A record rewritten, and all hashes from there on computed anew."""
        seq = self.any()
        link = self.rewrite(seq)
        for later in range(seq + 1, SIZE):
            link = self.rewrite(later, prev_hash=link.hex())
        return seq


CONSISTENT_IN_THEMSELVES = ("truncated", "forked")
METADATA = ("changed_id_of_the_ledger", "changed_fact", "removed_facts")
FORGERIES = [
    name
    for name, member in vars(Forger).items()
    if callable(member) and name[0] != "_" and name not in ("row", "put", "any", "flip", "rewrite", "shift")
]


@dataclass(frozen=True)
class Original:
    """A good ledger, and what was kept elsewhere."""

    path: Path
    head: SignedHead
    hashes: list[bytes]
    key: Ed25519PrivateKey

    def verify(self, ledger: Ledger, **options: Any) -> Any:
        return verify(ledger, self.head, self.key.public_key(), **options)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory, fill: Fill, key: Ed25519PrivateKey) -> Original:
    path = tmp_path_factory.mktemp("original") / "ledger.sqlite"
    with Ledger.open(path) as ledger:
        fill(ledger, SIZE)
        head, hashes = ledger.head(key), ledger.leaf_hashes()
    assert not path.with_name("ledger.sqlite-wal").exists()
    return Original(path, head, hashes, key)


def sqlite_executor(path: Path) -> tuple[sqlite3.Connection, Execute]:
    raw = sqlite3.connect(path, isolation_level=None)
    return raw, lambda sql, *values: raw.execute(sql, values).fetchall()


def check(name: str, truth: int | None, ledger: Ledger, original: Original) -> None:
    """The forgery is found, and its first record named, with as little help as it takes."""
    if name == "truncated":
        assert verify(ledger).ok  # why heads are kept elsewhere
        report = original.verify(ledger)
    elif name == "forked":
        assert verify(ledger).ok
        report = original.verify(ledger)
        assert not report.ok
        assert report.first_bad <= truth <= report.last_suspect
        report = original.verify(ledger, leaf_hashes=original.hashes)
    else:
        report = verify(ledger)
    assert not report.ok, name
    assert report.first_bad == truth, (name, truth, report)
    assert report.last_suspect == truth, (name, truth, report)
    assert report.reason
    assert not original.verify(ledger, leaf_hashes=original.hashes).ok


@pytest.mark.parametrize("part", range(10))
def test_each_of_a_thousand_forgeries_is_found_and_its_first_bad_record_named(
    part: int, original: Original, tmp_path: Path
):
    luck = random.Random(part)
    path = tmp_path / "forged.sqlite"
    for turn in range(100):
        name = FORGERIES[(100 * part + turn) % len(FORGERIES)]
        shutil.copy(original.path, path)
        raw, execute = sqlite_executor(path)
        with raw:
            execute("PRAGMA synchronous=OFF")
            execute("BEGIN")
            truth = getattr(Forger(execute, luck), name)()
        raw.close()
        try:
            opened = Ledger.open(path, create=False)
        except LedgerError:
            assert name in METADATA  # such a ledger cannot even be opened
            continue
        with opened:
            check(name, truth, opened, original)


@pytest.mark.postgresql
def test_forgeries_are_found_in_postgresql_too(postgresql_url: str, fill: Fill, key: Ed25519PrivateKey):
    import psycopg

    with Ledger.open(postgresql_url) as ledger, psycopg.connect(postgresql_url, autocommit=True) as raw:
        fill(ledger, SIZE)
        original = Original(Path(), ledger.head(key), ledger.leaf_hashes(), key)
        raw.execute("CREATE TABLE good AS SELECT * FROM danao_record")
        raw.execute("CREATE TABLE facts AS SELECT * FROM danao_ledger")

        def execute(sql: str, *values: Any) -> list[tuple[Any, ...]]:
            done = raw.execute(sql.replace("?", "%s"), values)
            return done.fetchall() if done.description else []

        luck = random.Random(0)
        for turn in range(4 * len(FORGERIES)):
            name = FORGERIES[turn % len(FORGERIES)]
            with raw.transaction():
                truth = getattr(Forger(execute, luck), name)()
            check(name, truth, ledger, original)
            with raw.transaction():
                raw.execute("TRUNCATE danao_record, danao_ledger")
                raw.execute("INSERT INTO danao_record SELECT * FROM good")
                raw.execute("INSERT INTO danao_ledger SELECT * FROM facts")
        assert original.verify(ledger).ok


def test_a_bit_flipped_anywhere_in_the_file_is_found_or_changes_no_record(original: Original, tmp_path: Path):
    luck = random.Random(7)
    path = tmp_path / "flipped.sqlite"
    with Ledger.open(original.path, create=False) as ledger:
        good = [record.hash for record in ledger.records()]
    content = original.path.read_bytes()
    found = 0
    for _ in range(300):
        changed = bytearray(content)
        bit = luck.randrange(8 * len(changed))
        changed[bit // 8] ^= 1 << bit % 8
        path.write_bytes(changed)
        try:
            with Ledger.open(path, create=False) as ledger:
                if original.verify(ledger).ok:
                    assert [record.hash for record in ledger.records()] == good
                else:
                    found += 1
        except DanaoError:
            found += 1
    assert found > 150


@pytest.mark.parametrize("cell", ["kind = CAST(x'ff' AS TEXT)", "body = CAST(body AS TEXT)", "hash = 7", "body = ''"])
def test_a_cell_of_a_wrong_type_is_found(original: Original, tmp_path: Path, cell: str):
    path = Path(shutil.copy(original.path, tmp_path / "forged.sqlite"))
    raw, execute = sqlite_executor(path)
    execute(f"UPDATE danao_record SET {cell} WHERE seq = 41")
    raw.close()
    with Ledger.open(path) as ledger:
        assert verify(ledger).first_bad == 41


def test_a_last_record_with_another_number_is_found(original: Original, tmp_path: Path):
    path = Path(shutil.copy(original.path, tmp_path / "forged.sqlite"))
    raw, execute = sqlite_executor(path)
    execute("UPDATE danao_record SET seq = ? WHERE seq = ?", SIZE + 7, SIZE - 1)
    raw.close()
    with Ledger.open(path) as ledger:
        assert verify(ledger).first_bad == SIZE - 1


def test_a_good_ledger_passes_with_all_heads_it_ever_gave(ledger: Ledger, fill: Fill, key: Ed25519PrivateKey):
    heads = [ledger.head(key)]
    for count in (1, 10, 500):
        fill(ledger, count)
        heads.append(ledger.head(key))
    hashes = ledger.leaf_hashes(300)
    fill(ledger, 5)
    report = verify(ledger, heads, key.public_key(), hashes)
    assert report.to_dict() == {
        "ok": True,
        "records": 516,
        "covered": 511,
        "root_hash": ledger.root().hex(),
        "first_bad": None,
        "last_suspect": None,
        "reason": "",
    }


def test_several_heads_tell_between_which_of_them_a_record_was_rewritten(
    tmp_path: Path, key: Ed25519PrivateKey, fill: Fill
):
    path = tmp_path / "a.sqlite"
    heads = []
    with Ledger.open(path) as ledger:
        for _ in range(3):
            fill(ledger, SIZE // 3)
            heads.append(ledger.head(key))
    raw, execute = sqlite_executor(path)
    forger = Forger(execute, random.Random(1))
    link = forger.rewrite(150)
    for later in range(151, SIZE):
        link = forger.rewrite(later, prev_hash=link.hex())
    raw.close()
    with Ledger.open(path) as ledger:
        report = verify(ledger, heads[::-1], key.public_key())
        assert (report.ok, report.first_bad, report.last_suspect, report.covered) == (False, 100, 199, 100)


def test_two_heads_of_one_size_that_disagree_cannot_both_be_right(tmp_path: Path, key: Ed25519PrivateKey, fill: Fill):
    path = tmp_path / "a.sqlite"
    with Ledger.open(path) as ledger:
        fill(ledger, 1)
        shown = ledger.head(key)
    raw, execute = sqlite_executor(path)
    Forger(execute, random.Random(1)).rewrite(0)
    raw.close()
    with Ledger.open(path) as ledger:
        assert verify(ledger, ledger.head(key), key.public_key()).ok
        for heads in ([shown, ledger.head(key)], [ledger.head(key), shown]):
            report = verify(ledger, heads, key.public_key())
            assert (report.ok, report.first_bad, report.last_suspect) == (False, 0, 0)


def test_a_head_proves_nothing_without_the_right_key(ledger: Ledger, fill: Fill, key: Ed25519PrivateKey):
    fill(ledger, 3)
    head = ledger.head(key)
    with pytest.raises(BadInput, match="without a public key"):
        verify(ledger, head)
    with pytest.raises(LedgerError, match="was signed by key"):
        verify(ledger, head, Ed25519PrivateKey.generate().public_key())


def test_the_head_of_another_ledger_is_not_taken_for_this_ones(ledger: Ledger, tmp_path: Path, key: Ed25519PrivateKey):
    with Ledger.open(tmp_path / "other.sqlite") as other:
        report = verify(ledger, other.head(key), key.public_key())
    assert not report.ok
    assert report.first_bad is None
    assert "belongs to ledger" in report.reason


def test_leaf_hashes_that_do_not_add_up_to_the_head_are_refused(ledger: Ledger, fill: Fill, key: Ed25519PrivateKey):
    fill(ledger, 9)
    hashes = ledger.leaf_hashes()
    with pytest.raises(BadInput, match="do not add up"):
        verify(ledger, ledger.head(key), key.public_key(), [*hashes[:-1], bytes(32)])
    report = verify(ledger, leaf_hashes=[*hashes, bytes(32)])
    assert (report.ok, report.first_bad) == (False, 9)
