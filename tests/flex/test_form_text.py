"""Whatever is said stands in a form as the standard library would write it, and is read there as it was said."""

from urllib.parse import parse_qs, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from middleware.flex.form_text import form_text


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_is_written_as_the_library_writes_it(text: str) -> None:
    assert form_text(text) == quote_plus(text)


@given(st.text("a+ %2B&=;ü€😀\n", max_size=40))
def test_what_forms_are_made_of_is_told_apart(text: str) -> None:
    assert parse_qs(f"Body={form_text(text)}&x=1", keep_blank_values=True)["Body"] == [text]


def test_many_kinds_of_signs_are_no_other_case() -> None:
    text = "".join(chr(0x4E00 + sign) for sign in range(200))
    assert form_text(text) == quote_plus(text)


def test_half_a_character_cannot_be_written() -> None:
    with pytest.raises(UnicodeEncodeError):
        form_text("\ud800")
