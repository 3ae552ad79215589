"""The file of a backup: a zip of a signed manifest and one text file for each table."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import io
import json
import os
import tomllib
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.recorder import MigrationRecorder

from clinic import audit
from clinic.backups import tables
from clinic.backups.leftovers import sweep
from clinic.backups.progress import Progress, Tell
from clinic.moment import one_moment
from clinic.seals import digest

FORMAT = 1
MANIFEST = "manifest.json"
# Far more than any manifest; what claims to be larger is not unpacked.
MANIFEST_BYTES = 8_000_000
# Twice the largest file that is kept in a row, in hex; what is longer is not read to its end.
LINE_BYTES = 100_000_000
UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)


class Unfit(Exception):
    """A backup that cannot be made, read or put back, and why, in one sentence."""


def why(error: Exception) -> str:
    """The reason in one line, without what a driver adds below it."""
    said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return said.strip().partition("\n")[0].removesuffix(".") + "."


def _bytes(value: Any) -> dict[str, str]:
    if isinstance(value, bytes | memoryview):
        return {"hex": bytes(value).hex()}
    raise TypeError(f"A {type(value).__name__} has no place in a backup.")


_line = json.JSONEncoder(separators=(",", ":"), default=_bytes).encode
_canonical = json.JSONEncoder(separators=(",", ":"), sort_keys=True).encode


def _signature(manifest: dict[str, Any]) -> str:
    said = {key: value for key, value in manifest.items() if key != "signature"}
    return digest("backup" + _canonical(said))


def product_version() -> str:
    """The version of the product that runs here."""
    text = (Path(settings.BASE_DIR) / "pyproject.toml").read_text()
    return str(tomllib.loads(text)["project"]["version"])


def lines_of(table: tables.Table) -> Iterator[bytes]:
    """The rows of a table of the database at hand, as a backup keeps them."""
    for row in tables.rows(connection, table):
        yield _line(row).encode() + b"\n"


@contextmanager
def new_archive(file: Path, *, at: dt.datetime, tell: Tell) -> Iterator[Path]:
    """Back up the database as of one moment; holds up nobody who writes meanwhile.

    Gives the finished file under a name for the time being, which nobody else may read. It gets
    its own name when the block ends well, else it is removed. Raises Unfit.
    """
    if file.exists():
        raise Unfit(f"{file} is there already, and no backup is written over: use another name.")
    sweep(file.parent, f"{file.name}.part-*")
    part = file.with_name(f"{file.name}.part-{os.getpid()}")
    try:
        try:
            handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(handle, "wb") as output:  # noqa: PTH123 - a handle: it begins private
                with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as packed, one_moment():
                    _pack(packed, at, tell)
                output.flush()
                os.fsync(output.fileno())
        except OSError as error:
            raise Unfit(f"The backup could not be written to {file}: {why(error)}") from error
        except DatabaseError as error:
            raise Unfit(f"The database can't be read: {why(error)}") from error
        yield part
        part.rename(file)
    finally:
        part.unlink(missing_ok=True)


def _pack(packed: zipfile.ZipFile, at: dt.datetime, tell: Tell) -> None:
    found = tables.all_tables(connection)
    if not any(table.name == "clinic_auditevent" for table in found):
        raise Unfit("There is nothing to back up: this database has no tables of the product.")
    kept: dict[str, Any] = {}
    progress = Progress(tell, sum(tables.count(connection, table) for table in found))
    for table in found:
        whole, rows = hashlib.sha256(), 0
        try:
            with packed.open(f"tables/{table.name}.jsonl", "w", force_zip64=True) as member:
                for line in progress.along(lines_of(table)):
                    whole.update(line)
                    member.write(line)
                    rows += 1
        except DatabaseError as error:
            raise Unfit(f"The table {table.name} can't be read: {why(error)}") from error
        kept[table.name] = {"columns": table.columns, "rows": rows, "sha256": whole.hexdigest()}
    progress.end()
    applied: dict[str, list[str]] = {}
    for app, name in sorted(MigrationRecorder(connection).applied_migrations()):
        applied.setdefault(app, []).append(name)
    manifest = {
        "format": FORMAT,
        "version": product_version(),
        "engine": connection.vendor,
        "made_at": at.astimezone(dt.UTC).isoformat(timespec="seconds"),
        "migrations": applied,
        "tables": kept,
        "audit": audit.anchor_now(at),
    }
    manifest["signature"] = _signature(manifest)
    packed.writestr(MANIFEST, json.dumps(manifest, indent=1) + "\n")


class Archive:
    """A backup that is there to be read. Close it, or use it in a `with`.

    Raises Unfit when the file is no backup of this installation, or not as it was written.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        try:
            self._zip = zipfile.ZipFile(file)
        except OSError as error:
            raise Unfit(f"The backup {file} can't be read: {error.strerror}.") from error
        except UNREADABLE as error:
            raise Unfit(
                f"{file} is not a whole backup: it was cut off, or is another kind of file."
            ) from error
        try:
            self.manifest = self._read_manifest()
        except BaseException:
            self._zip.close()
            raise

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    @property
    def rows(self) -> int:
        """How many rows it holds."""
        return sum(table["rows"] for table in self.manifest["tables"].values())

    @property
    def migrations(self) -> set[tuple[str, str]]:
        """The migrations that had run when it was made."""
        return {(app, name) for app, names in self.manifest["migrations"].items() for name in names}

    def _read_manifest(self) -> dict[str, Any]:
        try:
            if self._zip.getinfo(MANIFEST).file_size > MANIFEST_BYTES:
                raise Unfit(f"{self.file} is not a backup: what it says of itself is too long.")
            manifest = json.loads(self._zip.read(MANIFEST))
        except KeyError as error:
            raise Unfit(f"{self.file} is not a backup: it has no {MANIFEST}.") from error
        except (*UNREADABLE, ValueError, OSError) as error:
            raise Unfit(f"{self.file} is damaged: its {MANIFEST} can't be read.") from error
        said = str(manifest.get("signature")) if isinstance(manifest, dict) else ""
        if not said or not hmac.compare_digest(
            said.encode(errors="replace"), _signature(manifest).encode()
        ):
            raise Unfit(
                f"{self.file} was changed after it was made, or made with another AUDIT_KEY: "
                "set the key that it was made with."
            )
        if manifest["format"] != FORMAT:
            raise Unfit(f"{self.file} was made by a newer version: install that version first.")
        return dict(manifest)

    def check(self) -> None:
        """Read it through once: every table is there, whole, as it was written."""
        for name in self.manifest["tables"]:
            for _line_read in self.lines(name):
                pass

    def lines(self, name: str) -> Iterator[bytes]:
        """The lines of one table; Unfit at the end when they are not those that were written."""
        whole, rows = hashlib.sha256(), self.manifest["tables"][name]["rows"]
        try:
            with self._zip.open(f"tables/{name}.jsonl") as member:
                text = io.BufferedReader(cast(io.RawIOBase, member), 1 << 18)
                while line := text.readline(LINE_BYTES):
                    whole.update(line)
                    rows -= 1
                    if rows < 0 or not line.endswith(b"\n"):
                        break  # more than was written
                    yield line
        except (*UNREADABLE, KeyError, OSError) as error:
            raise Unfit(f"{self.file} is damaged: the table {name} can't be read.") from error
        if whole.hexdigest() != self.manifest["tables"][name]["sha256"]:
            raise Unfit(f"{self.file} was changed: the table {name} is not as it was written.")

    def rows_of(self, name: str) -> Iterator[tables.Row]:
        """The rows of one table, as `tables.load` takes them."""
        for line in self.lines(name):
            row = json.loads(line)
            yield tuple(bytes.fromhex(v["hex"]) if type(v) is dict else v for v in row)
