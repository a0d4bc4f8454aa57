"""Strings are bytes to the language: ASCII folding, sizes in bytes, bytes that are no UTF-8 kept as surrogates."""

from __future__ import annotations


def encode(text: str) -> bytes:
    """The bytes of a string; a byte that is not UTF-8 is carried as a lone surrogate."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # a lone surrogate that did not come from a byte
        return text.encode("utf-8", "surrogatepass")


def decode(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def fold(text: str) -> str:
    """Lower case of A-Z only, which is how names and strings compare."""
    if text.isascii():
        return text.lower()
    return decode(encode(text).lower())


def upper(text: str) -> str:
    if text.isascii():
        return text.upper()
    return decode(encode(text).upper())


def byte_length(text: str) -> int:
    return len(text) if text.isascii() else len(encode(text))


def rejoined(parts: list[str]) -> str:
    """The texts as one; bytes that are UTF-8 only when put together become characters."""
    text = "".join(parts)
    if text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text):
        return text
    return decode(encode(text))
