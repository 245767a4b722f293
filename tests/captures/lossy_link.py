#!/usr/bin/env python3
"""A lossy link between two network namespaces, in user space: seeded loss, duplication and reordering.

It makes a TUN device `tunl` in each namespace, addressed ADDRESS (and fd55::N, N the last number of ADDRESS), and
carries packets between them until SIGTERM. With --log every decision is one JSON line: what happened to which packet.
"""

import argparse
import ctypes
import fcntl
import heapq
import json
import os
import random
import select
import signal
import struct
import subprocess
import sys
import time

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
LIBC = ctypes.CDLL(None, use_errno=True)


def enter_namespace(path):
    descriptor = os.open(path, os.O_RDONLY)
    if LIBC.setns(descriptor, 0) != 0:
        raise OSError(ctypes.get_errno(), "setns")
    os.close(descriptor)


def open_tun(namespace, address, mtu):
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    enter_namespace(f"/var/run/netns/{namespace}")
    tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH14s", b"tunl", IFF_TUN | IFF_NO_PI, b""))
    number = address.split("/")[0].split(".")[-1]
    for command in (
        f"ip address add {address} dev tunl",
        f"ip link set tunl mtu {mtu} up",
        "sysctl -qw net.ipv6.conf.tunl.disable_ipv6=0",
        f"ip -6 address add fd55::{number}/64 dev tunl nodad",
    ):
        subprocess.check_call(command.split())
    if LIBC.setns(home, 0) != 0:
        raise OSError(ctypes.get_errno(), "setns")
    os.close(home)
    return tun


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for end in ("namespace_a", "address_a", "namespace_b", "address_b"):
        parser.add_argument(end)
    for chance in ("loss", "duplicate", "reorder"):
        parser.add_argument(f"--{chance}", type=float, default=0, help="per cent of the packets")
    parser.add_argument("--delay", type=float, default=1, help="milliseconds")
    parser.add_argument("--jitter", type=float, default=0, help="milliseconds")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mtu", type=int, default=1500)
    parser.add_argument("--log", help="file for one JSON line a packet")
    options = parser.parse_args()

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    chance = random.Random(options.seed)
    ends = [
        open_tun(options.namespace_a, options.address_a, options.mtu),
        open_tun(options.namespace_b, options.address_b, options.mtu),
    ]
    log = open(options.log, "w", buffering=1) if options.log else None
    waiting, count = [], 0
    print("ready", flush=True)
    while True:
        timeout = max(0, waiting[0][0] - time.monotonic()) if waiting else None
        readable, _, _ = select.select(ends, [], [], timeout)
        for source in readable:
            try:
                packet = os.read(source, 65536)
            except BlockingIOError:
                continue
            count += 1
            fate = "forwarded"
            if chance.random() * 100 < options.loss:
                fate = "lost"
            elif chance.random() * 100 < options.duplicate:
                fate = "duplicated"
            late = chance.random() * 100 < options.reorder
            if log:
                side = "a" if source == ends[0] else "b"
                json.dump({"number": count, "from": side, "fate": fate, "late": late, "len": len(packet), "head": packet[:80].hex()}, log)
                log.write("\n")
            copies = {"lost": 0, "forwarded": 1, "duplicated": 2}[fate]
            for copy in range(copies):
                delay = options.delay * (2 if late else 1) + chance.uniform(0, options.jitter)
                target = ends[1] if source == ends[0] else ends[0]
                heapq.heappush(waiting, (time.monotonic() + delay / 1000, count, copy, target, packet))
        while waiting and waiting[0][0] <= time.monotonic():
            *_, target, packet = heapq.heappop(waiting)
            os.write(target, packet)


if __name__ == "__main__":
    main()
