"""The bytes of a response: unpacked as they come, and never more than are allowed."""

import zlib
from collections.abc import AsyncIterator

import httpx

from askdoc.errors import FetchError

ENCODINGS = "gzip, deflate"
GZIP = b"\x1f\x8b"
_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32


class TooLargeError(Exception):
    """More bytes than allowed."""


async def body_of(response: httpx.Response, most: int, name: str) -> bytes:
    """A response's body.

    Raises:
        FetchError: It is larger than `most` bytes, packed or unpacked, or cannot be unpacked.
    """
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    announced = response.headers.get("content-length", "")
    try:
        if announced.isdecimal() and int(announced) > most:
            raise TooLargeError
        if encoding in {"identity", ""}:
            return await _joined(response.aiter_raw(), most)
        if encoding in {"gzip", "x-gzip", "deflate"}:
            return unpacked(await _joined(response.aiter_raw(), most), most)
    except TooLargeError:
        raise FetchError(f"{name}: is larger than {most / 1e6:g} MB. Add a smaller part.") from None
    except zlib.error:
        raise FetchError(f"{name}: arrived damaged. Try again.") from None
    raise FetchError(f"{name}: is packed in a way askdoc did not ask for ({encoding[:40]}).")


async def _joined(chunks: AsyncIterator[bytes], most: int) -> bytes:
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) > most:
            raise TooLargeError
    return bytes(body)


def unpacked(data: bytes, most: int) -> bytes:
    """What some gzip or zlib data holds.

    Raises:
        TooLargeError: It is more than `most` bytes.
        zlib.error: The data are damaged, or end too early.
    """
    found, left = b"", data
    while left and (not found or left.startswith(GZIP)):  # gzip may have several parts
        unpacker = zlib.decompressobj(_GZIP_OR_ZLIB if _has_head(left) else -zlib.MAX_WBITS)
        found += unpacker.decompress(left, most + 1 - len(found))
        if len(found) > most:
            raise TooLargeError
        if not unpacker.eof:
            raise zlib.error("ends too early")
        left = unpacker.unused_data
    return found


def _has_head(data: bytes) -> bool:
    """Whether it begins as gzip or zlib do; some servers send "deflate" without its head."""
    return data.startswith(GZIP) or (
        len(data) > 1 and data[0] & 15 == 8 and int.from_bytes(data[:2], "big") % 31 == 0
    )
