"""Reads the days that were settled since a meter's private file was written (src/archive/FORMAT.md)."""

import hashlib
import struct

import numpy as np

TAG = b"gridtally-days"
VERSION = 1
HEADER = struct.Struct(f"<{len(TAG)}sH32sIIII")  # version, run, meter, prosumers, slots, first day
DIGEST = hashlib.sha256().digest_size
SERIES = ("grid", "renewable", "flexible", "charge", "discharge", "stored", "reserve", "net_trade",
          "premium", "battery_price", "peak_share", "reserve_share")
TOTALS = ("cost", "cost_alone", "battery_start", "flexible_price", "bound")


def _whole(data):
    """The bytes before the digest at the end, or nothing when it is not theirs: a write that a crash cut off."""
    content, digest = data[:-DIGEST], data[-DIGEST:]
    return content if len(data) > DIGEST and hashlib.sha256(content).digest() == digest else None


def read_days(path, run_id, meter):
    """By day: a list with a dictionary of numbers for each of the meter's prosumers, in order. `run_id` in
    hexadecimal. ValueError when the file is another run's or meter's, or of an unknown version."""
    data = path.read_bytes()
    header = _whole(data[:HEADER.size + DIGEST])
    if header is None:
        return {}
    tag, version, run, found, prosumers, slots, first = HEADER.unpack(header)
    if tag != TAG or version != VERSION:
        raise ValueError(f"'{path}' is no file of days of version {VERSION}")
    if run.hex() != run_id or found != meter:
        raise ValueError(f"'{path}' is of meter {found} of run {run.hex()}, not of meter {meter} of run {run_id}")
    numbers = len(SERIES) * slots + len(TOTALS)
    size = 4 + 8 * prosumers * numbers + DIGEST
    days = {}
    for start in range(HEADER.size + DIGEST, len(data), size):
        content = _whole(data[start:start + size])
        day = first + len(days)
        if content is None or len(data) < start + size or content[:4] != struct.pack("<I", day):
            break
        rows = np.frombuffer(content, "<f8", prosumers * numbers, 4).reshape(prosumers, numbers)
        days[day] = [_schedule(row, slots) for row in rows]
    return days


def _schedule(row, slots):
    values = {name: row[i * slots:(i + 1) * slots] for i, name in enumerate(SERIES)}
    return values | {name: float(value) for name, value in zip(TOTALS, row[len(SERIES) * slots:], strict=True)}
