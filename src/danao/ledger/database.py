"""Where records lie: one SQLite file, or PostgreSQL by URL. The only file that knows how the two differ."""

from __future__ import annotations

import errno
import hashlib
import os
import sqlite3
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from danao.core.errors import BadInput, DanaoError, LedgerError, MissingExtra, StorageError
from danao.core.files import storage_error

SCHEMA_VERSION = 1
"""Layout of the tables; a ledger of a higher number is refused."""

_PATIENCE_S = 30.0
"""Seconds to wait for another process that is writing."""
_POSTGRESQL_LOCK = 0x44414E414F
"""Key of the advisory lock that makes writers take turns ("DANAO")."""
_PAGES_IN_MEMORY_KIB = 65_536
_PAGES_IN_LOG = 4096
"""Pages of the write-ahead log before SQLite moves them into the database: fewer rewrites of the index pages."""

_metadata = sa.MetaData()
_facts = sa.Table(
    "danao_ledger",
    _metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)
_number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_records = sa.Table(
    "danao_record",
    _metadata,
    sa.Column("seq", _number, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("hash", sa.LargeBinary, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Index("danao_record_kind", "kind", "seq"),
)

_first_byte = sa.func.substr(_records.c.hash, sa.literal_column("1"), sa.literal_column("1"))
sa.Index("danao_record_hash", _first_byte)
# Hashes are random: an index of them would dirty a page for every record, and halve the speed at a million. By the
# first byte, appends touch 256 pages at most, and a look-up by id reads 1 record in 256.

Row = tuple[Any, Any, Any, Any]
"""seq, kind, hash, body as stored; after tampering a cell can be of any type."""


class Database:
    """One ledger's tables. Connections wait for each other, and a commit has reached the disk when it returns."""

    def __init__(self, engine: sa.Engine, name: str) -> None:
        """Take an engine from `open`."""
        self.engine = engine
        self.name = name
        mark = "?" if engine.dialect.paramstyle == "qmark" else "%s"
        self._insert = f"INSERT INTO danao_record (seq, kind, hash, body) VALUES ({mark}, {mark}, {mark}, {mark})"
        self._begin = _TAKE_TURNS if engine.dialect.name == "postgresql" else "BEGIN IMMEDIATE"
        self._process = os.getpid()
        self._writers = engine.execution_options(danao_writes=True)
        self._readers = engine
        if engine.dialect.name == "postgresql":
            self._readers = engine.execution_options(isolation_level="REPEATABLE READ")
        driver = getattr(engine.dialect.dbapi, "Error", SQLAlchemyError)
        self.errors: tuple[type[Exception], ...] = (SQLAlchemyError, driver)

    @classmethod
    def open(cls, place: str | Path, create: bool) -> Database:
        """The tables at a path or URL, made when absent and `create` is true.

        Raises:
            BadInput: No ledger is there, or the URL is none.
            MissingExtra: PostgreSQL is asked for, and its driver is not installed.
            StorageError: The place is full, read-only, or cannot be reached.
            LedgerError: What is there is damaged, or of a newer version.
        """
        url = _url(place)
        name = url.database or "" if url.get_backend_name() == "sqlite" else url.render_as_string(hide_password=True)
        if url.get_backend_name() != "sqlite":
            database = cls(_postgresql(url), name)
        else:
            database = cls._sqlite(Path(name), create)
        try:
            database._prepare(create)
        except BaseException:
            database.close()
            raise
        return database

    @classmethod
    def _sqlite(cls, path: Path, create: bool) -> Database:
        if not path.exists():
            if not create:
                raise _no_ledger(str(path))
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise storage_error(path, error) from error
            if not os.access(path.parent, os.W_OK):
                raise storage_error(path, PermissionError(errno.EACCES, os.strerror(errno.EACCES)))
        database = cls(_sqlite_engine(path), str(path))
        log = path.with_name(path.name + "-wal")
        try:
            with database.reading() as connection:
                connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").all()
        except StorageError:
            # A write-ahead log needs a file beside the database even to read, which a read-only disk does not give.
            # When the log is empty, the database file is the whole truth and can be read as it is.
            database.close()
            if not path.exists() or (log.exists() and log.stat().st_size):
                raise
            database = cls(_sqlite_engine(path, immutable=True), str(path))
        return database

    def _prepare(self, create: bool) -> None:
        with self.reading() as connection:
            present = sa.inspect(connection).has_table(_facts.name)
        if not present:
            if not create:
                raise _no_ledger(self.name)
            self._use_write_ahead_log()
            with self.writing() as connection:
                if not sa.inspect(connection).has_table(_facts.name):
                    _metadata.create_all(connection)
                    connection.execute(
                        sa.insert(_facts),
                        [
                            {"key": "schema", "value": str(SCHEMA_VERSION)},
                            {"key": "ledger", "value": uuid.uuid4().hex},
                        ],
                    )
        self.ledger_id()

    def _use_write_ahead_log(self) -> None:
        """Once per file. Two processes that make the same ledger may collide here, where SQLite does not wait."""
        if self.engine.dialect.name != "sqlite":
            return
        for attempt in range(100):
            raw = None
            try:
                raw = self.engine.raw_connection()
                raw.cursor().execute("PRAGMA journal_mode=WAL")
                return
            except (sqlite3.Error, DBAPIError) as error:
                if _sqlite_code(error) != sqlite3.SQLITE_BUSY or attempt == 99:
                    raise _explain(self.name, error) from error
                time.sleep(0.02)
            finally:
                if raw is not None:
                    raw.close()

    def facts(self, connection: sa.Connection) -> dict[str, str]:
        """What the ledger says about itself."""
        return {
            str(key): str(value) for key, value in connection.exec_driver_sql("SELECT key, value FROM danao_ledger")
        }

    def ledger_id(self) -> str:
        """The ledger's own id, 32 hexadecimal digits.

        Raises:
            LedgerError: The ledger is of a newer version, or its facts are damaged.
        """
        with self.reading() as connection:
            facts = self.facts(connection)
        problem = facts_problem(facts)
        if problem is not None:
            raise LedgerError(self.name, *problem)
        return facts["ledger"]

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction that no other writer shares; durable when the block ends without an error, else undone.

        Raises:
            StorageError: Full, read-only, or out of reach; nothing was written.
            LedgerError: Another process kept the ledger locked, or the database is damaged.
        """
        self._after_fork()
        try:
            with self._writers.connect() as connection, connection.begin():
                if self.engine.dialect.name == "postgresql":
                    connection.exec_driver_sql(self._begin)
                yield connection
        except self.errors as error:
            raise _explain(self.name, error) from error

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A transaction that sees one state of the ledger, whatever is appended meanwhile.

        Raises:
            StorageError: Out of reach.
            LedgerError: The database is damaged.
        """
        self._after_fork()
        try:
            with self._readers.connect() as connection, connection.begin():
                yield connection
        except self.errors as error:
            raise _explain(self.name, error) from error

    def append(self, chain: Callable[[Row | None], Sequence[Row]]) -> None:
        """Add rows at the end; they are on the disk when this returns, or none of them is.

        Speaks to the driver directly, through SQLAlchemy's pool: with one record a commit, Core would take as long as a
        fast disk does.

        Args:
            chain: Gives the rows to add when told the last row; called while no other writer can add any.

        Raises:
            StorageError: Full, read-only, or out of reach; nothing was written.
            LedgerError: Another process kept the ledger locked, or the database is damaged.
        """
        self._after_fork()
        try:
            raw = self._writers.raw_connection()
            try:
                cursor = raw.cursor()
                cursor.execute(self._begin)
                cursor.execute(_LAST)
                last = cursor.fetchone()
                cursor.executemany(self._insert, chain(last))
                raw.commit()
            finally:
                raw.close()
        except self.errors as error:
            raise _explain(self.name, error) from error

    def last(self, connection: sa.Connection) -> int | None:
        """Number of the last record."""
        row = connection.exec_driver_sql(_LAST).first()
        return None if row is None else int(row[0])

    def rows(self, connection: sa.Connection, after: int | None, limit: int) -> Sequence[Row]:
        """The next rows by number, as stored.

        Args:
            connection: From `reading`.
            after: Number of the last row already seen; None to begin, which also shows numbers below 0.
            limit: Most rows to return.
        """
        where = "" if after is None else f"WHERE seq > {int(after)} "
        result = connection.exec_driver_sql(
            f"SELECT seq, kind, hash, body FROM danao_record {where}ORDER BY seq LIMIT {int(limit)}"
        )
        cursor = result.cursor
        assert cursor is not None
        found: Sequence[Row] = cursor.fetchall()
        result.close()
        return found

    def hashes(self, connection: sa.Connection, start: int, limit: int) -> list[tuple[int, bytes]]:
        """Number and hash of records from `start` on."""
        result = connection.exec_driver_sql(
            f"SELECT seq, hash FROM danao_record WHERE seq >= {int(start)} ORDER BY seq LIMIT {int(limit)}"
        )
        return [(row[0], row[1]) for row in result]

    def select(
        self,
        connection: sa.Connection,
        *,
        start: int = 0,
        end: int | None = None,
        kind: str | None = None,
        hashes: tuple[bytes, bytes] | None = None,
        limit: int = 1000,
    ) -> list[Row]:
        """Rows by number (start <= seq < end), kind, or a range of hashes with one first byte; ordered by number."""
        query = sa.select(_records.c.seq, _records.c.kind, _records.c.hash, _records.c.body)
        query = query.where(_records.c.seq >= start)
        if end is not None:
            query = query.where(_records.c.seq < end)
        if kind is not None:
            query = query.where(_records.c.kind == kind)
        if hashes is not None:
            query = query.where(_first_byte == hashes[0][:1], _records.c.hash.between(*hashes))
        return [(row[0], row[1], row[2], row[3]) for row in connection.execute(query.order_by("seq").limit(limit))]

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()

    def _after_fork(self) -> None:
        """A forked child must not use its parent's connections (SQLite and PostgreSQL both forbid it)."""
        if os.getpid() != self._process:
            self.engine.dispose(close=False)
            self._process = os.getpid()


def facts_problem(facts: dict[str, str]) -> tuple[str, str, str] | None:
    """What is wrong with the ledger's facts about itself: found, expected, remedy; None when nothing is."""
    version, ledger = facts.get("schema", ""), facts.get("ledger", "")
    if version.isdecimal() and int(version) > SCHEMA_VERSION:
        return (
            f"was written by a newer Danao (ledger version {version})",
            f"This one reads version {SCHEMA_VERSION}",
            "Upgrade Danao; the ledger was not changed",
        )
    intact = len(ledger) == 32 and all(digit in "0123456789abcdef" for digit in ledger)
    if version != str(SCHEMA_VERSION) or not intact or len(facts) != 2:
        return (
            f"holds damaged facts about itself ({facts})",
            f"Expected schema {SCHEMA_VERSION} and a ledger id of 32 hexadecimal digits",
            "Restore the ledger from a backup",
        )
    return None


def genesis_hash(ledger_id: str) -> str:
    """What record 0 holds as the hash of the record before: it binds the records to the ledger's id and version."""
    return hashlib.sha256(f"danao ledger {SCHEMA_VERSION} {ledger_id}".encode()).hexdigest()


_LAST = "SELECT seq, kind, hash, body FROM danao_record ORDER BY seq DESC LIMIT 1"
_TAKE_TURNS = f"""SELECT pg_advisory_xact_lock({_POSTGRESQL_LOCK}), set_config('synchronous_commit',
    CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on'
    ELSE current_setting('synchronous_commit') END, true)"""


def _url(place: str | Path) -> sa.URL:
    if isinstance(place, Path) or "://" not in place:
        return sa.URL.create("sqlite", database=str(place))
    try:
        url = sa.make_url(place)
    except ArgumentError:
        url = None
    backend = "" if url is None else url.get_backend_name()
    if url is None or backend not in ("sqlite", "postgresql", "postgres") or not url.database:
        raise BadInput(
            "ledger",
            "the address is not one of a ledger",
            "Expected a path, or postgresql://user@host/database",
            "Correct it",
        )
    return url if backend == "sqlite" else url.set(drivername="postgresql+psycopg")


def _sqlite_engine(path: Path, immutable: bool = False) -> sa.Engine:
    options: dict[str, Any] = {"check_same_thread": False, "timeout": _PATIENCE_S, "isolation_level": None}
    if immutable:
        location = f"{path.absolute().as_uri()}?immutable=1"
        engine = sa.create_engine("sqlite://", creator=lambda: sqlite3.connect(location, uri=True, **options))
    else:
        engine = sa.create_engine(sa.URL.create("sqlite", database=str(path)), connect_args=options)

    @sa.event.listens_for(engine, "connect")
    def on_connect(raw: Any, _: object) -> None:
        # A setting of the connection, not of the file: without it on every one, commits may not survive a power cut.
        raw.execute("PRAGMA synchronous=FULL")
        raw.execute("PRAGMA fullfsync=1")
        raw.execute(f"PRAGMA cache_size=-{_PAGES_IN_MEMORY_KIB}")
        raw.execute(f"PRAGMA wal_autocheckpoint={_PAGES_IN_LOG}")
        # Damaged text must reach the verification, not stop it.
        raw.text_factory = lambda text: text.decode(errors="replace")

    @sa.event.listens_for(engine, "begin")
    def on_begin(connection: sa.Connection) -> None:
        writes = connection.get_execution_options().get("danao_writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgresql(url: sa.URL) -> sa.Engine:
    try:
        return sa.create_engine(url, pool_pre_ping=True, isolation_level="READ COMMITTED")
    except ModuleNotFoundError as error:
        raise MissingExtra(
            url.render_as_string(hide_password=True),
            "the PostgreSQL driver is not installed",
            "",
            'Run pip install "danao[postgresql]"',
        ) from error


def _no_ledger(name: str) -> BadInput:
    return BadInput(name, "no ledger is there", "Expected an existing one", "Check the path, or make a new ledger")


def _sqlite_code(error: BaseException) -> int:
    original = error.orig if isinstance(error, DBAPIError) else error
    return getattr(original, "sqlite_errorcode", 0) & 0xFF


_STORAGE = {
    sqlite3.SQLITE_FULL: ("the disk is full", "Free some space; then append again"),
    sqlite3.SQLITE_READONLY: ("cannot be written (read-only)", "Choose a place you may write to"),
    sqlite3.SQLITE_CANTOPEN: ("cannot be opened", "Check the folder, and that you may write to it"),
    sqlite3.SQLITE_PERM: ("cannot be opened (no permission)", "Choose a place you may write to"),
    sqlite3.SQLITE_IOERR: ("the disk reports an error", "Check the disk and the space on it"),
}


def _explain(name: str, error: Exception) -> DanaoError:
    """What a database error means for somebody who wanted to keep or read a record."""
    original = error.orig if isinstance(error, DBAPIError) else error
    text = " ".join(str(original).split())
    code, state = _sqlite_code(error), getattr(original, "sqlstate", None) or ""
    if code in _STORAGE:
        found, remedy = _STORAGE[code]
        return StorageError(name, f"{found} ({text})", "Nothing of this append was written", remedy)
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return LedgerError(
            name,
            f"another process has kept it locked for {_PATIENCE_S:g} s",
            "Nothing of this append was written",
            "Find the process that holds a transaction open, then append again",
        )
    if state.startswith("53") or state in ("25006", "42501"):
        return StorageError(
            name, text, "Nothing of this append was written", "Give the server space and the role its rights"
        )
    if isinstance(original, sqlite3.Error):
        return LedgerError(
            name,
            f"the database is damaged or is not one ({text})",
            "Expected a ledger",
            "Restore it from a backup and verify it against a saved signed head",
        )
    return StorageError(
        name,
        f"the server does not answer as it should ({text})",
        "An append that was under way may or may not be stored",
        "Check the server, then look at the last records before you append again",
    )
