#!/usr/bin/env python3
"""An independent reader of .tpp files, written from docs/tpp-format.md alone: checks everything, prints the text.

Uses only Python's standard library and the zstd program (to decompress one frame at a time).
"""
import json
import struct
import subprocess
import sys
import zlib


def fail(offset, why):
    sys.exit(f"byte {offset}: {why}")


def metadata(data, at):
    magic, length, tag, crc = struct.unpack_from("<II4sI", data, at)
    payload = data[at + 16 : at + 8 + length]
    if magic != 0x184D2A50 or zlib.crc32(tag + payload) != crc:
        fail(at, "no sound metadata frame")
    return tag.decode(), json.loads(payload), at + 8 + length


def data_frame(data, at):
    """Returns raw size, checksum and end of the zstd frame at `at`."""
    descriptor = data[at + 4]
    single_segment = descriptor & 0x20
    if not descriptor & 0x04 or descriptor & 0x1B:
        fail(at, "a data frame needs a checksum and no dictionary")
    size_flag = descriptor >> 6
    position = at + 5 + (0 if single_segment else 1)
    size_bytes = {0: 1 if single_segment else 0, 1: 2, 2: 4, 3: 8}[size_flag]
    if size_bytes == 0:
        fail(at, "a data frame needs its size")
    raw_size = int.from_bytes(data[position : position + size_bytes], "little") + (256 if size_bytes == 2 else 0)
    position += size_bytes
    last = False
    while not last:
        block = int.from_bytes(data[position : position + 3], "little")
        last = block & 1
        position += 3 + (1 if (block >> 1) & 3 == 1 else block >> 3)
    return raw_size, struct.unpack_from("<I", data, position)[0], position + 4


def seek_table(data, at):
    magic, length = struct.unpack_from("<II", data, at)
    count, descriptor, end_magic = struct.unpack("<IBI", data[-9:])
    if magic != 0x184D2A5E or descriptor != 0x80 or end_magic != 0x8F92EAB1:
        fail(at, "no seek table")
    if length != 12 * count + 9 or at + 8 + length != len(data):
        fail(at, "the seek table has a wrong length")
    return [struct.unpack_from("<III", data, at + 8 + 12 * index) for index in range(count)]


def main(path):
    data = open(path, "rb").read()
    tag, header, at = metadata(data, 0)
    if tag != "TPPH" or header["format"] != 1:
        fail(0, "no header of format 1")
    empty = 0x51D8E999
    entries = [(at, 0, empty)]
    frame = lines = raw_bytes = 0
    while data[at : at + 4] == b"\x28\xb5\x2f\xfd":
        raw_size, checksum, end = data_frame(data, at)
        raw = subprocess.run(["zstd", "-dcq"], input=data[at:end], capture_output=True, check=True).stdout
        frame += 1
        raw_bytes += len(raw)
        frame_lines = raw.count(b"\n") + (not raw.endswith(b"\n"))
        lines += frame_lines
        tag, checkpoint, after = metadata(data, end)
        expected = {
            "capture_id": header["capture_id"], "frame": frame, "offset": at, "compressed_bytes": end - at,
            "checksum": checksum, "frame_lines": frame_lines, "frame_raw_bytes": raw_size,
            "lines": lines, "raw_bytes": raw_bytes,
        }
        if tag != "TPPC" or raw_size != len(raw) or any(checkpoint[name] != value for name, value in expected.items()):
            fail(end, f"the checkpoint does not describe its frame: {checkpoint} {expected}")
        sys.stdout.buffer.write(raw)
        entries += [(end - at, raw_size, checksum), (after - end, 0, empty)]
        at = after
    tag, trailer, end = metadata(data, at)
    if tag != "TPPT" or (trailer["frames"], trailer["lines"], trailer["raw_bytes"]) != (frame, lines, raw_bytes):
        fail(at, "the trailer does not count what is there")
    entries.append((end - at, 0, empty))
    if seek_table(data, end) != entries:
        fail(end, "the seek table does not list the frames")


main(sys.argv[1])
