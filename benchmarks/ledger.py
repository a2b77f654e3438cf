"""How fast is the ledger, beside raw SQLite with the same settings on the same disk in the same minute?

    python -m benchmarks.ledger [--records 1000000] [--folder DIR] [--url postgresql://…] [--json [FILE]]

Every record is durable when it is counted: its commit has been synced. What one sync costs is the disk's affair, so the
number of syncs a second stands beside ours.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sqlite3
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from danao.ledger import Ledger, sha256_of, verify

ROUNDS = 5
THREADS = 8
SUBJECT = {"heat-treatment": sha256_of(b"heat treatment")}


@dataclass(frozen=True)
class Line:
    """One row of the table."""

    what: str
    value: float
    unit: str
    target: str = ""
    met: bool | None = None


def decisions(first: int, count: int) -> Iterator[tuple[str, dict[str, str], dict[str, Any]]]:
    """Records such as a runtime writes, each of other content."""
    for number in range(first, first + count):
        predicate = {
            "policy": "candidate",
            "order": f"4711-{number}",
            "machine": f"furnace-{number % 7}",
            "start_h": number * 0.25,
            "cost_eur": 200.05 + number % 97,
            "fallback": False,
        }
        yield "decision", SUBJECT, predicate


def syncs_per_second(folder: Path, count: int) -> float:
    """4 KiB appended and synced, one after the other: what the disk can do at most."""
    path = folder / "probe"
    handle = os.open(path, os.O_CREAT | os.O_WRONLY)
    start = time.perf_counter()
    for _ in range(count):
        os.write(handle, bytes(4096))
        os.fdatasync(handle)
    elapsed = time.perf_counter() - start
    os.close(handle)
    path.unlink()
    return count / elapsed


class RawSqlite:
    """The least that has to be done: finished bytes into the same table, with the same settings and indexes."""

    def __init__(self, path: Path, bodies: list[bytes]) -> None:
        self.connection = sqlite3.connect(path, isolation_level=None)
        self.bodies = bodies
        self.seq = 0
        for statement in (
            "PRAGMA journal_mode=WAL",
            "PRAGMA synchronous=FULL",
            "PRAGMA cache_size=-65536",
            "PRAGMA wal_autocheckpoint=4096",
            "CREATE TABLE record (seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, hash BLOB NOT NULL, body BLOB NOT NULL)",
            "CREATE INDEX record_hash ON record (substr(hash, 1, 1))",
            "CREATE INDEX record_kind ON record (kind, seq)",
        ):
            self.connection.execute(statement)

    def append(self, count: int, batch: int) -> None:
        for start in range(0, count, batch):
            hashes = [os.urandom(32) for _ in range(batch)]
            rows = [
                (self.seq + place, "decision", digest, self.bodies[(start + place) % len(self.bodies)])
                for place, digest in enumerate(hashes)
            ]
            self.connection.execute("BEGIN IMMEDIATE")
            self.connection.executemany("INSERT INTO record VALUES (?, ?, ?, ?)", rows)
            self.connection.execute("COMMIT")
            self.seq += batch


class Ours:
    """The ledger, from Python values to synced records."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.number = 0
        self.latencies: list[float] = []

    def append(self, count: int, batch: int) -> None:
        for _ in range(count // batch):
            entries = list(decisions(self.number, batch))
            start = time.perf_counter()
            if batch == 1:
                self.ledger.append(*entries[0])
                self.latencies.append(time.perf_counter() - start)
            else:
                self.ledger.append_many(entries)
            self.number += batch

    def append_from_threads(self, count: int) -> None:
        def work(first: int) -> None:
            for entry in decisions(first, count // THREADS):
                self.ledger.append(*entry)

        workers = [threading.Thread(target=work, args=(self.number + count * n,)) for n in range(THREADS)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()


def rate(work: Callable[[], None], count: int) -> float:
    start = time.perf_counter()
    work()
    return count / (time.perf_counter() - start)


def appends(folder: Path, ours: Ours, raw: RawSqlite | None) -> list[Line]:
    """Medians over rounds in which we and our peer take turns, because a shared disk changes from minute to minute."""
    cases = {
        "one by one": (1, 500, "1,500 where the disk does it", 1_500.0),
        "batches of 100": (100, 5_000, "", 0.0),
        "batches of 1,000": (1_000, 20_000, "20,000", 20_000.0),
    }
    found: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        found.setdefault("fdatasync", []).append(syncs_per_second(folder, 300))
        for name, (batch, count, _, _) in cases.items():
            if raw is not None:
                found.setdefault(f"raw {name}", []).append(
                    rate(lambda count=count, batch=batch: raw.append(count, batch), count)
                )
            found.setdefault(name, []).append(rate(lambda count=count, batch=batch: ours.append(count, batch), count))
        found.setdefault("threads", []).append(rate(lambda: ours.append_from_threads(1_600), 1_600))
    middle = {name: statistics.median(values) for name, values in found.items()}
    lines = [Line("disk: fdatasync of 4 KiB", middle["fdatasync"], "/s")]
    for name, (_, _, target, least) in cases.items():
        if raw is not None:
            lines.append(Line(f"raw sqlite3, {name}", middle[f"raw {name}"], "records/s"))
        lines.append(
            Line(f"ledger, {name}", middle[name], "records/s", target, middle[name] >= least if target else None)
        )
        if raw is not None:
            lines.append(Line(f"  ledger / raw, {name}", middle[name] / middle[f"raw {name}"], "x"))
    slow = sorted(ours.latencies)
    p99 = 1e3 * slow[int(0.99 * len(slow))]
    lines.append(Line("ledger, one by one, 99 % of appends within", p99, "ms", "10", p99 < 10))
    lines.append(Line(f"ledger, {THREADS} threads one by one (group commit)", middle["threads"], "records/s"))
    lines.append(Line("  threads / one by one", middle["threads"] / middle["one by one"], "x"))
    return lines


def whole(ledger: Ledger, ours: Ours, records: int) -> list[Line]:
    """Fill up to the number of records asked for, then prove and verify all of it."""
    missing = records - len(ledger)
    ours.number = 10_000_000
    lines = []
    if missing > 0:
        count = 1000 * -(-missing // 1000)
        speed = rate(lambda: ours.append(count, 1000), count)
        lines.append(
            Line(f"ledger, filled up by {count:,} in batches of 1,000", speed, "records/s", "20,000", speed >= 20_000)
        )
    size = len(ledger)
    key = Ed25519PrivateKey.generate()
    start = time.perf_counter()
    head = ledger.head(key)
    lines.append(Line(f"first signed head of {size:,} records", time.perf_counter() - start, "s"))
    start = time.perf_counter()
    ledger.head(key)
    lines.append(Line("next signed head", 1e3 * (time.perf_counter() - start), "ms"))
    ids = [ledger.record(place).id for place in range(0, size, max(1, size // 20))]
    start = time.perf_counter()
    assert [ledger.record(name).id for name in ids] == ids
    lines.append(Line("look-up of a record by its id", 1e3 * (time.perf_counter() - start) / len(ids), "ms"))
    places = range(0, size, max(1, size // 500))
    start = time.perf_counter()
    proofs = [ledger.inclusion(place) for place in places]
    lines.append(Line("inclusion proofs", len(proofs) / (time.perf_counter() - start), "/s"))
    root = bytes.fromhex(head.head.root_hash)
    assert all(proof.holds(root) for proof in proofs)
    longest = max(len(proof.path) for proof in proofs)
    lines.append(Line(f"hashes in an inclusion proof of {size:,}", longest, "", "20 at 1,000,000", longest <= 20))
    start, cpu = time.perf_counter(), time.process_time()
    report = verify(ledger, head, key.public_key())
    seconds, busy = time.perf_counter() - start, time.process_time() - cpu
    assert report.ok, report
    assert report.covered == size
    scaled = seconds * 1e6 / size
    lines.append(Line(f"verification of {size:,} records", seconds, "s"))
    lines.append(Line("  per 1,000,000 records", scaled, "s", "15", scaled < 15))
    lines.append(Line("  processor time of it (one core)", busy, "s"))
    return lines


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--records", type=int, default=1_000_000, help="size of the ledger that is verified")
    options.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()), help="on the disk to measure")
    options.add_argument("--url", help="measure the ledger in this empty PostgreSQL database instead")
    options.add_argument("--json", nargs="?", const="-", help="write JSON to a file, or to standard output")
    chosen = options.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="danao-benchmark-", dir=chosen.folder))
    try:
        with Ledger.open(chosen.url or folder / "ledger.sqlite") as ledger:
            ours = Ours(ledger)
            ours.append(1000, 1000)
            bodies = [record.body for record in ledger.records()]
            raw = None if chosen.url else RawSqlite(folder / "raw.sqlite", bodies)
            size = statistics.mean(len(body) for body in bodies)
            lines = [Line("mean record (canonical JSON)", size, "bytes"), *appends(folder, ours, raw)]
            lines += whole(ledger, ours, chosen.records)
    finally:
        shutil.rmtree(folder)
    if chosen.json:
        text = json.dumps([asdict(line) for line in lines], indent=2)
        if chosen.json != "-":
            Path(chosen.json).write_text(text + "\n")
        else:
            print(text)
    if chosen.json != "-":
        for line in lines:
            verdict = "" if line.met is None else ("met" if line.met else "MISSED")
            value = f"{line.value:,.0f}" if line.value >= 1000 else f"{line.value:,.2f}"
            target = f"target {line.target}" if line.target else ""
            print(f"{line.what:<52} {value:>12} {line.unit:<10} {target:<36} {verdict}".rstrip())
    sys.stdout.flush()


if __name__ == "__main__":
    main()
