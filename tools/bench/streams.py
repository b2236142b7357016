"""How fast event streams are, and what they cost the streaming thread.

Redis and Kafka, each a real server of its own (librdkafka's mock cluster for Kafka). The raw loop
encodes with orjson and posts with the same client in the same batches, in one thread that does
nothing else; pythia's worker gets the same events from another thread. Both deliver one event
before the clock starts: a new idempotent producer may stall for half a second first, and who pays
that inside the measured time looks many times slower. Medians of runs in turn, with their range.

What the streaming thread spends is the time of one ``offer``, in bursts of 50 events as a frame
with 50 objects yields them, 100 frames a second, while the server runs and while it is down,
against one XADD that waits for its answer; the clock's own time is taken off.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import orjson
from tools.bench.measure.report import Report, Row, at_least, at_most

from pythia.event_stream import Worker, open_stream

sys.path.append(str(Path(__file__).resolve().parents[2] / "tests"))
from support.brokers import KafkaServer, RedisServer
from support.servers import Server, wait_for

BATCH, BURST, FRAMES_PER_S = 500, 50, 100
Event = dict[str, Any]
Times = list[float]


def detection(number: int) -> Event:
    box = {"left": 101.5, "top": 33.25, "width": 64.0, "height": 48.0}
    return {"frame": number, "source_id": 0, "label": "car", "confidence": 0.87, "box": box}


def batches(events: Sequence[Event]) -> list[Sequence[Event]]:
    return [events[start : start + BATCH] for start in range(0, len(events), BATCH)]


def raw_redis(server: Server, events: Sequence[Event]) -> float:
    assert isinstance(server, RedisServer)
    client, key = server.client(), uuid.uuid4().hex
    client.xadd(key, {"data": b"{}"})
    begin = time.perf_counter()
    for batch in batches(events):
        pipeline = client.pipeline(transaction=False)
        for event in batch:
            pipeline.xadd(key, {"data": orjson.dumps(event)})
        pipeline.execute()
    took_s = time.perf_counter() - begin
    client.delete(key)
    client.close()
    return took_s


def raw_kafka(server: Server, events: Sequence[Event]) -> float:
    from confluent_kafka import Producer

    topic = uuid.uuid4().hex
    server.expect(topic)
    settings = {"enable.idempotence": True, "delivery.report.only.error": True}
    producer = Producer({"bootstrap.servers": f"127.0.0.1:{server.port}", **settings})
    producer.produce(topic, b"{}")
    assert producer.flush(10) == 0
    begin = time.perf_counter()
    for batch in batches(events):
        for event in batch:
            producer.produce(topic, orjson.dumps(event))
        producer.flush(10)
    return time.perf_counter() - begin


def through_worker(server: Server, events: Sequence[Event], *options: str) -> float:
    name = uuid.uuid4().hex
    server.expect(name)
    worker = Worker(open_stream(server.uri(name, f"batch={BATCH}", *options)))
    worker.start()
    offer = worker.offer
    offer({})
    assert wait_for(lambda: worker.stats().sent == 1)
    begin = time.perf_counter()
    for event in events:
        offer(event)
    left = worker.drain(60)
    took_s = time.perf_counter() - begin
    worker.close()
    assert left == 0
    assert arrived(server, name) == len(events) + 1
    return took_s


def arrived(server: Server, name: str) -> int:
    """How many events are there; takes them away where that is possible."""
    if isinstance(server, RedisServer):
        with server.client() as client:
            count = int(client.xlen(name))
            client.delete(name)
            return count
    assert isinstance(server, KafkaServer)
    return server.size(name)


def clock_us() -> float:
    """What measuring itself takes."""
    times = []
    for _ in range(5000):
        begin = time.perf_counter_ns()
        times.append(time.perf_counter_ns() - begin)
    return statistics.median(times) / 1000


def paced_us(call: Callable[[Event], object], frames: int) -> Times:
    """Time of each call, in bursts."""
    events = [detection(number) for number in range(BURST)]
    own_us, times = clock_us(), []
    for _ in range(frames):
        due = time.perf_counter() + 1 / FRAMES_PER_S
        for event in events:
            begin = time.perf_counter_ns()
            call(event)
            times.append((time.perf_counter_ns() - begin) / 1000 - own_us)
        time.sleep(max(0.0, due - time.perf_counter()))
    return times


def offers_us(server: Server, frames: int, *, down: bool, options: tuple[str, ...] = ()) -> Times:
    name = uuid.uuid4().hex
    server.expect(name)
    worker = Worker(open_stream(server.uri(name, "queue=1000000", "timeout_s=1", *options)))
    worker.start()
    if down:
        server.stop()
    times = paced_us(worker.offer, frames)
    if down:
        server.start()
    assert worker.drain(60) == 0
    worker.close()
    return times


def xadds_us(server: Server, frames: int) -> list[float]:
    assert isinstance(server, RedisServer)
    key = uuid.uuid4().hex
    with server.client() as client:
        client.ping()
        times = paced_us(lambda event: client.xadd(key, {"data": orjson.dumps(event)}), frames)
        client.delete(key)
    return times


def throughput(server: Server, raw: Any, count: int, runs: int, spool: str) -> dict[str, Times]:
    """Events a second, of each run."""
    events = [detection(number) for number in range(count)]
    ways: dict[str, Callable[[], float]] = {
        "raw loop": lambda: raw(server, events),
        "worker": lambda: through_worker(server, events),
        "worker with spool": lambda: through_worker(
            server, events, "overflow=spool", f"spool_dir={spool}"
        ),
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(runs + 1):
        for name, run in ways.items():
            took_s = run()
            if number:  # the first round warms up
                times[name].append(took_s)
    return {name: [count / took_s for took_s in took] for name, took in times.items()}


def costs(redis: Server, kafka: Server, frames: int, spool: str) -> dict[str, list[float]]:
    spooled = ("overflow=spool", f"spool_dir={spool}")
    return {
        "offer, Redis runs": offers_us(redis, frames, down=False),
        "offer, Redis is down": offers_us(redis, frames, down=True),
        "offer, Redis is down, spool": offers_us(redis, frames, down=True, options=spooled),
        "offer, Kafka runs": offers_us(kafka, frames, down=False),
        "offer, Kafka is down": offers_us(kafka, frames, down=True),
        "one XADD": xadds_us(redis, frames // 4),
    }


def report(count: int, runs: int, frames: int) -> Report:
    with tempfile.TemporaryDirectory() as folder:
        servers: dict[str, tuple[Server, Any]] = {
            "Redis": (RedisServer(_made(folder, "redis")), raw_redis),
            "Kafka": (KafkaServer(_made(folder, "kafka")), raw_kafka),
        }
        try:
            for server, _ in servers.values():
                server.start()
            rates = {
                name: throughput(server, raw, count, runs, f"{folder}/spool")
                for name, (server, raw) in servers.items()
            }
            spent = costs(servers["Redis"][0], servers["Kafka"][0], frames, f"{folder}/spool")
        finally:
            for server, _ in servers.values():
                server.end()
    return _report(rates, spent, f"{count} events in batches of {BATCH}, medians of {runs}")


def _made(folder: str, name: str) -> Path:
    path = Path(folder) / name
    path.mkdir()
    return path


def _report(rates: dict[str, dict[str, Times]], spent: dict[str, list[float]], text: str) -> Report:
    found = Report("streams", text)
    rows: list[Row] = []
    for server, ways in rates.items():
        raw = statistics.median(ways["raw loop"])
        rows += [_throughput_row(server, way, runs, raw) for way, runs in ways.items()]
        share = statistics.median(ways["worker"]) / raw
        found.wanted.append(at_least(f"{server}: worker over raw loop", 0.8, share, " x"))
    found.tables["throughput:"] = rows
    found.tables["time in the streaming thread, one event:"] = [
        {"what": what, "p50 us": _quantile(times, 50), "p99 us": _quantile(times, 99)}
        for what, times in spent.items()
    ]
    xadd_us = _quantile(spent["one XADD"], 50)
    for what, times in list(spent.items())[:-1]:
        found.wanted.append(at_most(f"{what}, median", 5, _quantile(times, 50), " us"))
        found.wanted.append(at_most(f"{what}, p99", 50, _quantile(times, 99), " us"))
    offer_us = _quantile(spent["offer, Redis runs"], 50)
    found.wanted.append(
        at_least("time in the probe: one XADD over one offer", 20, xadd_us / offer_us, " x")
    )
    return found


def _throughput_row(server: str, way: str, runs: Times, raw: float) -> Row:
    median = statistics.median(runs)
    spread = {"least": round(min(runs)), "most": round(max(runs))}
    return {
        "server": server,
        "way": way,
        "events/s": round(median),
        **spread,
        "x raw": median / raw,
    }


def _quantile(times: Sequence[float], percent: int) -> float:
    return statistics.quantiles(times, n=100, method="inclusive")[percent - 1]


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="scripts/bench streams", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--events", type=int, default=50_000, help="50000 by default")
    parser.add_argument("--runs", type=int, default=5, help="5 by default")
    parser.add_argument("--frames", type=int, default=400, help="400 by default")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    report(options.events, options.runs, options.frames).show(as_json=options.json)


if __name__ == "__main__":
    main()
