import threading

from pythia.elements.handover import Handover


def test_items_come_out_in_the_order_they_went_in() -> None:
    queue: Handover[int] = Handover(3)

    for item in (1, 2, 3):
        queue.put(item)

    assert [queue.get(), queue.get(), queue.get()] == [1, 2, 3]


def test_an_item_keeps_its_room_until_it_has_been_dealt_with() -> None:
    queue: Handover[str] = Handover(1)
    queue.put("first")
    put = threading.Event()

    def put_second() -> None:
        queue.put("second")
        put.set()

    thread = threading.Thread(target=put_second)
    thread.start()
    taken = queue.get()
    before_done = put.wait(0.05)
    queue.done()
    thread.join(5)

    assert taken == "first"
    assert not before_done
    assert put.is_set()


def test_an_item_that_does_not_count_never_waits() -> None:
    queue: Handover[str] = Handover(1)
    queue.put("buffer")

    assert queue.put("event", counts=False)


def test_stopping_lets_both_ends_go_and_gives_back_what_was_left() -> None:
    queue: Handover[str] = Handover(1)
    queue.put("first")
    results: list[bool] = []
    thread = threading.Thread(target=lambda: results.append(queue.put("second")))
    thread.start()

    left = queue.stop()
    thread.join(5)

    assert left == ["first"]
    assert results == [False]
    assert queue.get() is None
