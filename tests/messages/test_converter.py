from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from pythia.exceptions import MessageError
from pythia.messages import UserConverter, built_in
from pythia.meta.portable import PortableFrame
from pythia.meta.portable_event import PortableEventMsg

FRAME = PortableFrame(frame_num=5)


def converted(returned: Any, *, several: bool = True) -> list[bytes]:
    converter = UserConverter(lambda frame, events: returned, several=several)
    return list(converter.of_events(FRAME, ()))[::-1]  # as they are sent


def one_after_the_other() -> Iterator[str]:
    yield "a"
    yield "b"


@pytest.mark.parametrize(
    ("returned", "payloads"),
    [
        (None, []),
        (b"\x00\xff", [b"\x00\xff"]),
        ("größe", ["größe".encode()]),
        ({"a": 1.0}, [b'{\n  "a" : 1.0\n}']),
        ([b"a", "b"], [b"a", b"b"]),
        ([], []),
        (one_after_the_other(), [b"a", b"b"]),
    ],
)
def test_what_a_users_converter_may_return(returned: Any, payloads: list[bytes]) -> None:
    assert converted(returned) == payloads


@pytest.mark.parametrize(
    ("returned", "several", "message"),
    [
        (["a", "b"], False, "several payloads.*multiple-payloads=true"),
        (7, True, "returned a int"),
        ([object()], True, "returned a object"),
    ],
)
def test_what_it_may_not_return(returned: Any, several: bool, message: str) -> None:
    with pytest.raises(MessageError, match=message):
        converted(returned, several=several)


def test_it_is_called_with_frame_and_events(event: PortableEventMsg) -> None:
    calls: list[Any] = []
    converter = UserConverter(lambda *arguments: calls.append(arguments), several=False)

    list(converter.of_events(FRAME, [event]))
    list(converter.of_objects(FRAME))

    assert calls == [(FRAME, [event]), (FRAME, ())]


@pytest.mark.parametrize("kind", [256, 257])
def test_a_schema_of_ones_own_needs_a_converter(kind: int) -> None:
    with pytest.raises(MessageError, match=f"payload-type={kind}.*msg2p-lib"):
        built_in(kind, None)
