from __future__ import annotations

from pythia.meta.portable import PortableBase, PortableBatch, PortableFrame, PortableUser
from pythia.meta.portable_event import (
    PortableEventMsg,
    PortableObjectSignature,
    PortablePayload,
    PortableVehicleExt,
)
from pythia.meta.types import EVENT_MSG_META, PAYLOAD_META


def batch_with(meta_type: int, data: object) -> PortableBatch:
    batch = PortableBatch(1)
    frame = PortableFrame()
    frame.add_user(PortableUser(PortableBase(meta_type), data))
    batch.add_frame(frame)
    return batch


def data_of(batch: PortableBatch) -> object:
    (user,) = batch.frame_meta_list[0].frame_user_meta_list
    return user.user_meta_data


def test_a_copied_batch_has_event_messages_of_its_own() -> None:
    signature = PortableObjectSignature([1.0], 1)
    details = PortableVehicleExt(type="van", mask=[[1.0, 2.0]])
    event = PortableEventMsg(objSignature=signature, extMsg=details, extMsgSize=1, ts="now")

    copy = data_of(batch_with(EVENT_MSG_META, event).copy())
    event.bbox.left = event.location.lat = event.coordinate.x = 9
    signature.signature.append(2.0)
    details.type = "bus"
    details.mask[0].append(3.0)
    event.ts = "later"

    assert isinstance(copy, PortableEventMsg)
    assert (copy.ts, copy.bbox.left, copy.location.lat, copy.coordinate.x) == ("now", 0, 0, 0)
    assert (copy.objSignature.signature, copy.objSignature.size) == ([1.0], 1)
    assert isinstance(copy.extMsg, PortableVehicleExt)
    assert (copy.extMsg.type, copy.extMsg.mask) == ("van", [[1.0, 2.0]])


def test_details_of_ones_own_class_are_shared() -> None:
    details = object()

    copy = data_of(batch_with(EVENT_MSG_META, PortableEventMsg(extMsg=details)).copy())

    assert isinstance(copy, PortableEventMsg)
    assert copy.extMsg is details


def test_payloads_are_shared() -> None:
    payload = PortablePayload(b"x", 1)

    assert data_of(batch_with(PAYLOAD_META, payload).copy()) is payload
