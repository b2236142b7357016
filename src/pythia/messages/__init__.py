"""What DeepStream's message converter and broker do, without GStreamer: schemas and addresses."""

from pythia.messages.broker import BrokerAddress, broker_address, protocol_of
from pythia.messages.config import MessageConfig, read_message_config
from pythia.messages.converter import Converter, UserConverter, built_in
from pythia.messages.payload_fields import payload_fields
from pythia.messages.timestamp import rfc3339

__all__ = [
    "BrokerAddress",
    "Converter",
    "MessageConfig",
    "UserConverter",
    "broker_address",
    "built_in",
    "payload_fields",
    "protocol_of",
    "read_message_config",
    "rfc3339",
]
