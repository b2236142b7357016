from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pythia.event_stream.journal import Journal, JournalFullError

MANY = 10**6


def numbered(*numbers: int) -> list[bytes]:
    return [b"event %d" % number for number in numbers]


def segments(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.journal"))


def reopened(journal: Journal, max_bytes: int = MANY) -> Journal:
    """The journal as a new process finds it after the old one was killed."""
    os.close(journal._lock)
    return Journal(journal.folder, max_bytes)


def test_records_come_back_in_order_until_they_are_confirmed(tmp_path: Path) -> None:
    journal = Journal(tmp_path, MANY)

    journal.append(numbered(1, 2, 3))
    journal.append([b""])
    first = journal.read(2)
    again = journal.read(2)
    journal.confirm(2)
    rest = journal.read(10)

    assert first == again == numbered(1, 2)
    assert rest == [*numbered(3), b""]
    assert journal.count == 2


def test_a_new_process_finds_what_was_not_confirmed(tmp_path: Path) -> None:
    journal = Journal(tmp_path, MANY)
    journal.append(numbered(1, 2, 3))
    journal.read(1)
    journal.confirm(1)

    found = reopened(journal)
    found.append(numbered(4))

    assert found.count == 3
    assert found.read(10) == numbered(2, 3, 4)


@pytest.mark.parametrize("cut", range(1, 15))
def test_a_torn_last_record_is_dropped_and_the_rest_kept(tmp_path: Path, cut: int) -> None:
    journal = Journal(tmp_path, MANY)
    journal.append(numbered(1, 2))
    os.truncate(segments(tmp_path)[-1], segments(tmp_path)[-1].stat().st_size - cut)

    found = reopened(journal)
    found.append(numbered(3))

    assert found.count == 2
    assert found.read(10) == numbered(1, 3)


def test_a_changed_byte_ends_its_segment_and_nothing_wrong_is_given_out(tmp_path: Path) -> None:
    journal = Journal(tmp_path, MANY)
    journal.append(numbered(1, 2, 3))
    data = bytearray(segments(tmp_path)[0].read_bytes())
    data[data.index(b"event 2")] ^= 1
    segments(tmp_path)[0].write_bytes(data)

    found = reopened(journal)

    assert found.read(10) == numbered(1)


def test_a_position_that_cannot_be_read_sends_all_again(tmp_path: Path) -> None:
    journal = Journal(tmp_path, MANY)
    journal.append(numbered(1, 2))
    journal.read(1)
    journal.confirm(1)
    (tmp_path / "confirmed").write_bytes(b"torn")

    assert reopened(journal).read(10) == numbered(1, 2)


def test_the_bound_holds_and_confirming_makes_room(tmp_path: Path) -> None:
    journal = Journal(tmp_path, 1000)
    for _ in range(10):
        journal.append([b"x" * 92])
    with pytest.raises(JournalFullError):
        journal.append([b"x"])

    journal.read(5)
    journal.confirm(5)
    journal.append([b"y" * 92])

    assert journal.count == 6
    assert sum(path.stat().st_size for path in segments(tmp_path)) <= 1000


def test_an_empty_journal_leaves_nothing_but_its_lock(tmp_path: Path) -> None:
    journal = Journal(tmp_path, MANY)
    journal.append(numbered(1))
    journal.read(1)
    journal.confirm(1)

    journal.close()

    assert [path.name for path in tmp_path.iterdir()] == ["lock"]


def test_a_folder_belongs_to_one_process(tmp_path: Path) -> None:
    journal = Journal(tmp_path, MANY)

    with pytest.raises(BlockingIOError):
        Journal(tmp_path, MANY)

    journal.close()
    Journal(tmp_path, MANY).close()


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.lists(st.binary(max_size=60), min_size=1, max_size=5)),
        st.tuples(st.just("confirm"), st.integers(1, 7)),
        st.tuples(st.just("kill"), st.just(0)),
    ),
    max_size=30,
)


@settings(max_examples=60, deadline=None)
@given(steps=STEPS)
def test_it_is_a_queue_whatever_happens(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, object]]
) -> None:
    journal = Journal(tmp_path_factory.mktemp("journal"), 4000)
    model: list[bytes] = []

    for step, value in steps:
        if step == "append" and isinstance(value, list):
            journal.append(value)
            model += value
        elif step == "confirm" and isinstance(value, int):
            batch = journal.read(value)
            assert batch == model[:value]
            if batch:
                journal.confirm(len(batch))
                del model[:value]
        elif step == "kill":
            journal = reopened(journal, 4000)
        assert journal.count == len(model)

    assert journal.read(MANY) == model


def test_what_a_full_disk_took_of_a_record_is_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(tmp_path, MANY)
    journal.append(numbered(1))

    def write_half(fd: int, data: bytes) -> None:
        os.write(fd, data[: len(data) // 2])
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr("pythia.event_stream.journal.write_all", write_half)
        with pytest.raises(OSError, match="No space left"):
            journal.append(numbered(2))
    journal.append(numbered(3))

    assert journal.read(10) == numbered(1, 3)
    assert reopened(journal).read(10) == numbered(1, 3)


def test_what_the_disk_could_not_note_as_confirmed_is_given_out_by_the_next_process_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(tmp_path, MANY)
    journal.append(numbered(1, 2, 3))

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr("os.pwrite", full)
        journal.read(2)
        journal.confirm(2)

    assert journal.read(10) == numbered(3)
    assert reopened(journal).read(10) == numbered(1, 2, 3)


def test_files_of_which_all_is_confirmed_make_room(tmp_path: Path) -> None:
    journal = Journal(tmp_path, 1000)
    for _ in range(2):
        journal.append([b"x" * 92])
    with pytest.raises(JournalFullError):
        journal.append([b"y" * 900])

    journal.read(2)
    journal.confirm(2)
    journal.append([b"y" * 900])

    assert journal.read(10) == [b"y" * 900]
    assert reopened(journal, 1000).read(10) == [b"y" * 900]
