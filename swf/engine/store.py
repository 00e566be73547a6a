"""The engine's SQLite database: opened safely, written in transactions."""

import os
import secrets
import sqlite3
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any

from swf.exceptions import EngineError

# "swf " in ASCII: tells our files from other programs' databases.
APPLICATION_ID = 0x73776620
SCHEMA_VERSION = 1

MEMORY = ":memory:"

StrPath = str | os.PathLike[str]


class Store:
    """One SQLite database, in memory or in a file that belongs to this process alone.

    Not safe for threads by itself: the engine lets one in at a time.

    Attributes:
        secret: The key that signs this database's tokens.
    """

    def __init__(self, path: StrPath | None = None) -> None:
        if path is not None and not os.fspath(path):
            raise EngineError("The name of the engine's file is empty. Name a file, or none to keep all in memory.")
        self._process = os.getpid()
        try:
            self._connection, self.secret = _open(path)
        except sqlite3.Error as error:
            raise EngineError(_explanation(path, error)) from error
        _stores.add(self)

    @property
    def is_of_parent(self) -> bool:
        """Whether it was opened by a process that this one was forked from."""
        return self._process != os.getpid()

    def require_own(self) -> None:
        """Refuse to be used in a process that was forked from its own: both would write what the other does not see.

        Raises:
            EngineError: It is of another process.
        """
        if self.is_of_parent:
            raise engine_of_parent(self._process)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit everything done inside, or nothing when an error leaves it."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            # After some failures, a full disk for one, SQLite has rolled back by itself.
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def execute(self, sql: str, *values: Any) -> None:
        """Run a statement that gives no rows."""
        self._connection.execute(sql, values)

    def insert(self, sql: str, *values: Any) -> int:
        """Insert a row and give its number."""
        return self._connection.execute(sql, values).lastrowid or 0

    def row(self, sql: str, *values: Any) -> Any:
        """Give the first row, or None."""
        return self._connection.execute(sql, values).fetchone()

    def rows(self, sql: str, *values: Any) -> list[Any]:
        """Give all rows."""
        return self._connection.execute(sql, values).fetchall()

    def value(self, sql: str, *values: Any) -> Any:
        """Give the first column of the first row, or None."""
        row = self._connection.execute(sql, values).fetchone()
        return None if row is None else row[0]

    def close(self) -> None:
        """Close the database; the file is free for others. In a forked process nothing happens: it is the parent's."""
        if not self.is_of_parent:
            self._connection.close()

    def leave_to_parent(self) -> None:
        """Never close the database here, not even when nothing refers to it any more: that writes to the file."""
        import ctypes

        ctypes.pythonapi.Py_IncRef(ctypes.py_object(self._connection))


_stores: "weakref.WeakSet[Store]" = weakref.WeakSet()


def _forked() -> None:
    for store in list(_stores):
        store.leave_to_parent()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


def engine_of_parent(process: int) -> EngineError:
    """Give the error for the use of an engine in a process that was forked from its own."""
    return EngineError(
        f"The engine of process {process} cannot be used in process {os.getpid()}, which was forked from it. "
        "Serve it over HTTP and connect to its URL, or start threads in place of processes."
    )


def _open(path: StrPath | None) -> tuple[sqlite3.Connection, bytes]:
    """Open the database, made if need be, and give the key that signs its tokens."""
    connection = sqlite3.connect(
        MEMORY if path is None else path, isolation_level=None, check_same_thread=False, timeout=0
    )
    connection.row_factory = sqlite3.Row
    try:
        # The lock is taken with the first write and kept: two processes on one file would not see each other's tasks.
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        _require_ours(connection, path)
        # WAL with NORMAL keeps every committed transaction when the process dies; only a crash of the whole
        # machine may lose the last ones.
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("BEGIN IMMEDIATE")
        if connection.execute("PRAGMA user_version").fetchone()[0] == 0:
            _create(connection)
        connection.execute("COMMIT")
        return connection, connection.execute("SELECT value FROM meta WHERE name = 'secret'").fetchone()[0]
    except BaseException:
        connection.close()
        raise


def _require_ours(connection: sqlite3.Connection, path: StrPath | None) -> None:
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    empty = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
    if empty and application == 0 and version == 0:
        return
    if application != APPLICATION_ID:
        raise EngineError(f"{path} is a database of another program. Name another file for the engine.")
    if version > SCHEMA_VERSION:
        raise EngineError(
            f"{path} was written by a newer version of swf (its format is {version}, this version knows "
            f"{SCHEMA_VERSION}). Upgrade: pip install -U simple-workflow"
        )


def _create(connection: sqlite3.Connection) -> None:
    schema = resources.files("swf.engine").joinpath("schema.sql").read_text(encoding="utf-8")
    for statement in schema.split(";\n"):
        connection.execute(statement)
    # The key is kept in the database, so its tokens outlive the process.
    connection.execute("INSERT INTO meta VALUES ('secret', ?)", (secrets.token_bytes(32),))
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _explanation(path: StrPath | None, error: sqlite3.Error) -> str:
    """Say what is wrong with a database that SQLite cannot open, and what to do."""
    if error.sqlite_errorcode in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return (
            f"{path} is in use by another engine. Have that process serve it over HTTP and connect to its address, "
            "or end it first."
        )
    if error.sqlite_errorcode == sqlite3.SQLITE_NOTADB:
        return f"{path} is no SQLite database. Name another file for the engine."
    if error.sqlite_errorcode == sqlite3.SQLITE_CORRUPT:
        return f"{path} is damaged ({error}). Put a copy from before in its place, or name another file."
    if path is not None and not Path(path).resolve().parent.is_dir():
        return f"The folder of {path} does not exist. Make it first."
    return f"{path} cannot be opened: {error}. Check that it is a file that you may write."
