"""A Kafka cluster, librdkafka's mock, which speaks the protocol over TCP.

Its argument is the number of brokers. Reads commands from standard input ("down BROKER",
"up BROKER", "topic NAME PARTITIONS", "leader TOPIC BROKER"), ends at its end.
"""

from __future__ import annotations

import ctypes
import signal
import sys
from pathlib import Path

import confluent_kafka

PRODUCER = 0


def library() -> ctypes.CDLL:
    folder = Path(confluent_kafka.__file__).parents[1] / "confluent_kafka.libs"
    found = ctypes.CDLL(str(next(folder.glob("librdkafka*"))))
    for name in ("rd_kafka_new", "rd_kafka_conf_new", "rd_kafka_mock_cluster_new"):
        getattr(found, name).restype = ctypes.c_void_p
    found.rd_kafka_mock_cluster_bootstraps.restype = ctypes.c_char_p
    found.rd_kafka_new.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t]
    found.rd_kafka_mock_cluster_new.argtypes = [ctypes.c_void_p, ctypes.c_int]
    found.rd_kafka_mock_cluster_bootstraps.argtypes = [ctypes.c_void_p]
    for name in ("rd_kafka_mock_broker_set_down", "rd_kafka_mock_broker_set_up"):
        getattr(found, name).argtypes = [ctypes.c_void_p, ctypes.c_int32]
    found.rd_kafka_mock_topic_create.argtypes = [
        ctypes.c_void_p,
        ctypes.c_char_p,
        ctypes.c_int,
        ctypes.c_int,
    ]
    found.rd_kafka_mock_partition_set_leader.argtypes = [
        ctypes.c_void_p,
        ctypes.c_char_p,
        ctypes.c_int32,
        ctypes.c_int32,
    ]
    return found


def main() -> None:
    rdkafka = library()
    error = ctypes.create_string_buffer(512)
    handle = rdkafka.rd_kafka_new(PRODUCER, rdkafka.rd_kafka_conf_new(), error, len(error))
    cluster = rdkafka.rd_kafka_mock_cluster_new(handle, int(sys.argv[1]))
    print(rdkafka.rd_kafka_mock_cluster_bootstraps(cluster).decode(), flush=True)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    commands = {
        "down": rdkafka.rd_kafka_mock_broker_set_down,
        "up": rdkafka.rd_kafka_mock_broker_set_up,
    }
    for line in sys.stdin:
        command, *words = line.split()
        if command == "topic":
            rdkafka.rd_kafka_mock_topic_create(cluster, words[0].encode(), int(words[1]), 1)
        elif command == "leader":
            rdkafka.rd_kafka_mock_partition_set_leader(cluster, words[0].encode(), 0, int(words[1]))
        else:
            commands[command](cluster, int(words[0]))
        print("done", flush=True)


if __name__ == "__main__":
    main()
