from __future__ import annotations

import ctypes
import ctypes.util
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pythia.messages.json_glib import json_text, member_text


@pytest.fixture(scope="session")
def json_glib() -> ctypes.CDLL:
    """The library that DeepStream writes its payloads with."""
    name = ctypes.util.find_library("json-glib-1.0")
    if name is None:
        pytest.skip("needs libjson-glib-1.0-0")
    library = ctypes.CDLL(name)
    library.json_from_string.restype = ctypes.c_void_p
    library.json_from_string.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
    library.json_to_string.restype = ctypes.c_void_p
    library.json_to_string.argtypes = [ctypes.c_void_p, ctypes.c_int]
    library.json_node_unref.argtypes = [ctypes.c_void_p]
    library.g_free.argtypes = [ctypes.c_void_p]
    return library


def rewritten(library: ctypes.CDLL, text: bytes) -> bytes:
    node = library.json_from_string(text, None)
    assert node, text
    written = library.json_to_string(node, True)
    found = ctypes.string_at(written)
    library.g_free(written)
    library.json_node_unref(node)
    return found


INT64 = st.integers(-(2**63), 2**63 - 1)
DOUBLES = st.floats(-1e15, 1e15, allow_subnormal=False)
TEXTS = st.text(st.characters(exclude_characters="\x00\x1f\x7f", exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | INT64 | DOUBLES | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)


@given(members=st.dictionaries(TEXTS, VALUES, max_size=5))
def test_the_text_is_what_json_glib_writes(json_glib: ctypes.CDLL, members: dict[str, Any]) -> None:
    text = json_text(members)

    assert json.loads(text) == members
    assert text == rewritten(json_glib, text)


def test_the_form_of_each_kind_of_value() -> None:
    text = json_text(
        {"a": 1.0, "b": -40.55, "c": 3, "d": [], "e": {"f": {}}, "g": ["x", None], "h": True}
    )

    assert text.decode() == (
        '{\n  "a" : 1.0,\n  "b" : -40.549999999999997,\n  "c" : 3,\n  "d" : [],\n'
        '  "e" : {\n    "f" : {    }\n  },\n'
        '  "g" : [\n    "x",\n    null\n  ],\n  "h" : true\n}'
    )


@pytest.mark.parametrize("value", [1e22, 1e-7, float("nan"), float("inf")])
def test_a_number_that_json_glib_spoils_is_still_json(value: float) -> None:
    assert json.loads(json_text({"a": value}))["a"] in (value, None)


def test_a_kept_text_is_written_as_its_value_is() -> None:
    value = {"a": [1, {"b": {}}]}

    assert json_text({"x": member_text(value)}) == json_text({"x": value})
