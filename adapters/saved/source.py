"""One saved input: a file, a gzip file or standard input, read once from front to back.

Readers see text. The encoding is taken from the byte-order mark, else from what the file declares, else UTF-8; bytes
that are no UTF-8 are read as cp1252, one by one, so that a mixed file loses nothing and a large one still streams.
"""

import codecs
import gzip
import io
import re
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from adapters.errors import ReadError

HEAD_BYTES = 64 * 1024
# A whole-document format needs several times its size in memory; past this the streaming formats are the way.
DOCUMENT_BYTES = 128 * 1024 * 1024
CHUNK_BYTES = 256 * 1024

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
         (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))  # fmt: skip
_DECLARED = re.compile(
    rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]+)|<meta[^>]{0,200}?charset\s*=\s*["']?([\w.:-]+)""", re.I
)
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_MAGIC = (
    (b"PK\x03\x04", "a zip archive"),
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"SQLite format 3", "a SQLite database"),
    (b"\xfd7zXZ", "an xz file"),
    (b"BZh", "a bzip2 file"),
    (b"(\xb5/\xfd", "a zstd file"),
)


@dataclass(frozen=True, slots=True)
class Notice:
    """Tell of something odd in an input that was read all the same; `lost` says that a part of it could not be."""

    name: str
    text: str
    lost: bool = False


class Source:
    """Open one input and hand it out as text, once.

    `on_notice` hears of repairs and of parts that could not be read; `on_bytes` hears how many bytes were taken from
    the file itself (before decompression), for a progress bar. `stream` is read in place of the file, where what a
    server sent is at hand. Raises ReadError when there is nothing to read.
    """

    def __init__(
        self,
        path: str,
        *,
        on_notice: Callable[[Notice], None],
        on_bytes: Callable[[int], None],
        stream: IO[bytes] | None = None,
    ) -> None:
        self.name = "standard input" if path == "-" else path
        self._on_notice = on_notice
        self._stream = stream or _open(path, on_bytes)
        try:
            self._first = self._read(HEAD_BYTES)
            _refuse_unreadable(self._first)
        except ReadError:
            self._stream.close()
            raise
        self._encoding = _encoding(self._first)
        self.head = _Decoder(self._encoding).decode(self._first)

    def __enter__(self) -> "Source":
        return self

    def __exit__(self, *raised: object) -> None:
        self._stream.close()

    def note(self, text: str, *, place: str | None = None) -> None:
        """Tell of something odd that was repaired."""
        self._on_notice(Notice(self.name, f"{place}: {text}" if place else text))

    def lose(self, error: ReadError) -> None:
        """Tell of a part that could not be read, and go on."""
        self._on_notice(Notice(self.name, str(error), lost=True))

    def chunks(self) -> Iterator[str]:
        """Yield the decoded text piece by piece; raises ReadError where the file breaks off."""
        decoder = _Decoder(self._encoding)
        if not self._encoding.startswith("utf-8"):
            self.note(f"read as {self._encoding}")
        data = self._first
        while data:
            known = decoder.strangers
            yield decoder.decode(data)
            if decoder.strangers and not known:
                self.note(f"not {self._encoding} throughout: the other bytes are read as {decoder.fallback}")
            data = self._read(CHUNK_BYTES)
        yield decoder.decode(b"", final=True)

    def lines(self) -> Iterator[str]:
        """Yield the text line by line, without the line ends; raises ReadError at a line over DOCUMENT_BYTES."""
        rest: list[str] = []
        held, number = 0, 1
        for chunk in self.chunks():
            first, *others = chunk.split("\n")
            rest.append(first)
            held += len(first)
            if held > DOCUMENT_BYTES:
                raise ReadError(
                    f"longer than {DOCUMENT_BYTES >> 20} MB",
                    place=f"line {number}",
                    mend="write one thread a line, or split the file",
                )
            if others:
                yield "".join(rest).removesuffix("\r")
                for line in others[:-1]:
                    yield line.removesuffix("\r")
                number += len(others)
                rest, held = [others[-1]], len(others[-1])
        if last := "".join(rest).removesuffix("\r"):
            yield last

    def text(self) -> str:
        """Return the whole text; raises ReadError past DOCUMENT_BYTES."""
        return joined(self.chunks())

    def _read(self, size: int) -> bytes:
        try:
            return self._stream.read(size)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise ReadError(
                f"the gzip data is damaged or cut off ({error})", mend="fetch or compress it again"
            ) from error
        except OSError as error:
            raise ReadError(f"cannot be read: {error.strerror or error}") from error


def joined(parts: Iterable[str], separator: str = "") -> str:
    """Join the parts of a document that has to be read whole; raises ReadError past DOCUMENT_BYTES."""
    kept, size = [], 0
    for part in parts:
        kept.append(part)
        size += len(part)
        if size > DOCUMENT_BYTES:
            raise ReadError(
                f"larger than {DOCUMENT_BYTES >> 20} MB, too large for a format that is read whole",
                mend="split it, or use an export that streams: WXR, or JSON Lines with one thread a line",
            )
    return separator.join(kept)


def _as_cp1252(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error("as-cp1252", _as_cp1252)


class _Decoder:
    """Decode bytes piece by piece; `strangers` says whether any were not of the encoding."""

    def __init__(self, encoding: str) -> None:
        self.strangers = False
        self._incremental = codecs.getincrementaldecoder(encoding)("strict")
        utf8 = encoding in ("utf-8", "utf-8-sig")
        self._errors, self.fallback = ("as-cp1252", "cp1252") if utf8 else ("replace", "\N{REPLACEMENT CHARACTER}")

    def decode(self, data: bytes, *, final: bool = False) -> str:
        try:
            return self._incremental.decode(data, final)
        except UnicodeDecodeError:
            # A strict failure leaves the decoder where it was, so the same bytes can be taken again.
            self.strangers, self._incremental.errors = True, self._errors
            return self._incremental.decode(data, final)


class _Counted(io.RawIOBase):
    """Pass reads through to a file and report how many bytes went by."""

    def __init__(self, raw: IO[bytes], on_bytes: Callable[[int], None]) -> None:
        self._raw, self._on_bytes = raw, on_bytes

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        if self._raw is not sys.stdin.buffer:
            self._raw.close()
        super().close()

    def readinto(self, buffer: "memoryview") -> int:  # type: ignore[override]  # typeshed's buffer has no name at run time
        data = self._raw.read(len(buffer))
        buffer[: len(data)] = data
        self._on_bytes(len(data))
        return len(data)


class _Gunzip(gzip.GzipFile):
    """Close the compressed file together with its reader."""

    def __init__(self, compressed: IO[bytes]) -> None:
        super().__init__(fileobj=compressed)
        self._compressed = compressed

    def close(self) -> None:
        super().close()
        self._compressed.close()


def _open(path: str, on_bytes: Callable[[int], None]) -> IO[bytes]:
    try:
        raw: IO[bytes] = sys.stdin.buffer if path == "-" else Path(path).open("rb")  # noqa: SIM115  # closed with the source
    except FileNotFoundError as error:
        raise ReadError("no such file", mend="check the path") from error
    except (OSError, ValueError) as error:
        raise ReadError(f"cannot be opened: {getattr(error, 'strerror', None) or error}") from error
    counted = io.BufferedReader(_Counted(raw, on_bytes), CHUNK_BYTES)
    try:
        is_gzip = counted.peek(2)[:2] == b"\x1f\x8b"
    except OSError as error:
        counted.close()
        raise ReadError(f"cannot be read: {error.strerror or error}") from error
    return io.BufferedReader(_Gunzip(cast(IO[bytes], counted)), CHUNK_BYTES) if is_gzip else counted


def _refuse_unreadable(head: bytes) -> None:
    if not head.strip():
        raise ReadError("the file is empty", mend="save the thread again")
    kind = next((name for magic, name in _MAGIC if head.startswith(magic)), None)
    bom = any(head.startswith(mark) for mark, _ in _BOMS)
    if kind is None and not bom and len(_CONTROLS.findall(head)) > len(head) // 50:
        kind = "binary data"
    if kind:
        raise ReadError(f"this is {kind}, not text", mend="unpack it, or save the thread as a page, an export or JSON")


def _encoding(head: bytes) -> str:
    for mark, name in _BOMS:
        if head.startswith(mark):
            return name
    declared = _DECLARED.search(head, 0, 4096)
    if declared:
        name = (declared[1] or declared[2]).decode("ascii", "replace")
        try:
            # A browser reads a page that calls itself latin-1 as cp1252; one that says utf-16 here plainly is not.
            name = codecs.lookup(name).name
        except LookupError:
            return "utf-8"
        if name in ("iso8859-1", "ascii"):
            return "cp1252"
        if not name.startswith(("utf-16", "utf-32", "utf-8")) and codecs.lookup(name)._is_text_encoding:
            return name
    return "utf-8"
