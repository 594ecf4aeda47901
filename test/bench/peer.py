"""
Three results from the raw text, as one computes them with pandas: packets in flight at each record, goodput per connection
and 100 ms, retransmission timeouts per connection.

    peer.py TEXT NAMES    NAMES: the text's fields, with commas between

Prints one JSON object: sums over the three, to compare them by, and what it took. Reads only the fields that it needs, in
the smallest types that hold them. Like `analyze`, it takes a 4-tuple that is used again for a new connection, and goes on
behind 2^32; unlike it, it needs each connection's setup record for that, and knows nothing of lost records.
"""

import json
import resource
import sys

import numpy
import pandas

WINDOW_S = 0.1
TYPES = {
    "type": "uint8",
    "sec.nsec": "float64",
    "saddr": "category",
    "sport": "uint16",
    "daddr": "category",
    "dport": "uint16",
    "ack_num": "uint32",
    "snd_una": "uint32",
    "packets_out": "uint32",
    "lost_out": "uint32",
    "sacked_out": "uint32",
    "retrans_out": "uint32",
}
RECEIVED, TIMEOUT, SETUP = 0, 2, 3

_, path, names = sys.argv
trace = pandas.read_csv(path, sep=" ", header=None, names=names.split(","), usecols=list(TYPES), dtype=TYPES)

inflight_packets = (
    trace["packets_out"].astype("int64") + trace["retrans_out"] - trace["sacked_out"] - trace["lost_out"]
)

ends = trace.groupby(["saddr", "sport", "daddr", "dport"], sort=False, observed=True).ngroup()
nth = (trace["type"] == SETUP).groupby(ends).cumsum()
flow = pandas.Series(pandas.factorize(ends * (int(nth.max()) + 1) + nth)[0], index=trace.index)

# A record shows snd_una before its segment, which acknowledges what it says.
acked_32 = trace["snd_una"].where(trace["type"] != RECEIVED, trace["ack_num"]).astype("int64")
step = (acked_32.groupby(flow).diff() + 2**31) % 2**32 - 2**31
acked = step.fillna(0).astype("int64").groupby(flow).cumsum()
window = numpy.floor(trace["sec.nsec"] / WINDOW_S).astype("int64")
reached = acked.groupby([flow, window]).max().groupby(level=0).cummax()
acked_bytes = reached.groupby(level=0).diff().fillna(reached).astype("int64")
goodput_bps = acked_bytes * 8 / WINDOW_S

timeouts = ((trace["type"] == TIMEOUT) & (trace["packets_out"] > 0)).groupby(flow).sum()

used = resource.getrusage(resource.RUSAGE_SELF)
json.dump(
    {
        "version": pandas.__version__,
        "sums": {
            "records": len(inflight_packets),
            "inflight_packets": int(inflight_packets.sum()),
            "flows": len(timeouts),
            "timeouts": int(timeouts.sum()),
            "flows_with_timeouts": int((timeouts > 0).sum()),
            "goodput_bytes": round(float(goodput_bps.sum()) * WINDOW_S / 8),
            "windows_with_goodput": int((goodput_bps > 0).sum()),
            "goodput_bytes_by_window": int((acked_bytes * acked_bytes.index.get_level_values(1)).sum()),
        },
        "cpuSeconds": used.ru_utime + used.ru_stime,
        "peakBytes": used.ru_maxrss * 1024,
    },
    sys.stdout,
)
