#!/usr/bin/env python3
"""Reads a .pftrace with Perfetto's own published protobuf definitions and checks what Perfetto expects.

usage: check-perfetto-trace.py FILE [--processor]

Needs the packages perfetto and protobuf (pip install perfetto protobuf). Checks that every field is one
that the definitions know, that slices on each track nest, that names are interned before they are used,
and that flows which end have begun. With --processor the file is also opened with trace_processor, which
the perfetto package downloads; it has to report as many slices, and no errors.
"""
import sys

from perfetto.protos.perfetto.trace import perfetto_trace_pb2 as protos
from google.protobuf.unknown_fields import UnknownFieldSet


def unknown_fields(message):
    """Numbers of fields, at any depth, that the definitions do not have."""
    found = [field.field_number for field in UnknownFieldSet(message)]
    for descriptor, value in message.ListFields():
        if descriptor.type != descriptor.TYPE_MESSAGE:
            continue
        for part in value if descriptor.is_repeated else [value]:
            found += unknown_fields(part)
    return found


def check(path):
    trace = protos.Trace()
    with open(path, "rb") as file:
        trace.ParseFromString(file.read())
    event_type = protos.TrackEvent
    names, tracks, open_slices, begun_flows = {}, {}, {}, set()
    slices = counters = flows = 0
    for number, packet in enumerate(trace.packet):
        where = f"packet {number}"
        unknown = unknown_fields(packet)
        assert not unknown, f"{where}: unknown fields {unknown}"
        for name in packet.interned_data.event_names:
            names[name.iid] = name.name
        if packet.HasField("track_descriptor"):
            tracks[packet.track_descriptor.uuid] = packet.track_descriptor.name
        if not packet.HasField("track_event"):
            continue
        event = packet.track_event
        assert event.track_uuid in tracks, f"{where}: track {event.track_uuid} has no descriptor"
        stack = open_slices.setdefault(event.track_uuid, [])
        if event.type == event_type.TYPE_SLICE_BEGIN:
            assert event.name_iid in names, f"{where}: name {event.name_iid} is not interned"
            assert not stack or stack[-1] <= packet.timestamp, f"{where}: begins before its parent"
            stack.append(packet.timestamp)
            slices += 1
            begun_flows.update(event.flow_ids)
            for flow in event.terminating_flow_ids:
                assert flow in begun_flows, f"{where}: flow {flow} ends and never began"
                flows += 1
        elif event.type == event_type.TYPE_SLICE_END:
            assert stack and stack.pop() <= packet.timestamp, f"{where}: ends before it begins"
        elif event.type == event_type.TYPE_COUNTER:
            counters += 1
    assert not any(open_slices.values()), "a slice never ends"
    print(f"{path}: {slices} slices, {counters} counter values, {flows} flows, tracks: "
          + ", ".join(f"{name!r}" for name in tracks.values()))
    return slices


def check_with_processor(path, slices):
    from perfetto.trace_processor import TraceProcessor

    processor = TraceProcessor(trace=path)
    found = next(iter(processor.query("select count(*) as n from slice"))).n
    errors = [(row.name, row.value) for row in processor.query(
        "select name, value from stats where severity in ('error', 'data_loss') and value > 0")]
    assert found == slices, f"trace_processor finds {found} slices of {slices}"
    assert not errors, f"trace_processor reports {errors}"
    print(f"trace_processor: {found} slices, no errors")


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    slices = check(sys.argv[1])
    if "--processor" in sys.argv[2:]:
        check_with_processor(sys.argv[1], slices)


main()
