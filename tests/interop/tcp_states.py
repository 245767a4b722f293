"""Takes connections between two network namespaces through their states, and prints what the kernel calls each.

usage: tcp_states.py NAMESPACE_A ADDRESS_A NAMESPACE_B ADDRESS_B; one JSON line an answer of both kernels, which stands
between `from` and `to` if no packet falls between them. The link delays by 300 ms.
"""

import collections
import ctypes
import json
import os
import socket
import struct
import sys
import time

LIBC = ctypes.CDLL(None, use_errno=True)
NAMESPACES = {"a": sys.argv[1], "b": sys.argv[3]}
ADDRESSES = {"a": sys.argv[2], "b": sys.argv[4]}
# By their numbers in Linux, from 1; the last is a connection that nobody has accepted.
NAMES = dict(enumerate((
    "ESTABLISHED", "SYN-SENT", "SYN-RECEIVED", "FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT", "CLOSED", "CLOSE-WAIT", "LAST-ACK",
    "LISTEN", "CLOSING", "SYN-RECEIVED",
), 1))
# Longer than a packet is on the way: after that nothing more comes of itself.
SETTLED = 0.8
PATIENCE = 60
ATTEMPTS = 10


def enter(side):
    descriptor = os.open(f"/var/run/netns/{NAMESPACES[side]}", os.O_RDONLY)
    if LIBC.setns(descriptor, 0x40000000) != 0:
        raise OSError(ctypes.get_errno(), "setns")
    os.close(descriptor)


def table_of(side, name):
    """An open table stays that of its namespace, and to enter one takes the kernel long."""
    enter(side)
    return open(f"/proc/thread-self/net/{name}", "rb", buffering=0)


# What `ss` shows, and how many packets each interface has sent and got.
CONNECTIONS = {side: table_of(side, "tcp") for side in "ab"}
INTERFACES = {side: table_of(side, "dev") for side in "ab"}


def rows(table):
    table.seek(0)
    return table.read().splitlines()


def end(side):
    enter(side)
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return made


def state(side, port):
    for row in rows(CONNECTIONS[side])[1:]:
        _, local, peer, number, *_ = row.split()
        name = NAMES[int(number, 16)]
        if name != "LISTEN" and port in (int(local[-4:], 16), int(peer[-4:], 16)):
            return name
    return "CLOSED"


def watch(step, port):
    """Asks again and again until the answer stays the same, and no packet comes; gives how often A was in which state."""
    begun = changed = time.time()
    last, same, seen = None, 0, collections.Counter()
    # Where even that takes long, the time alone would be over with the first answer.
    while same < 3 or time.time() - changed < SETTLED:
        start = time.time()
        answer = {"a": state("a", port), "b": state("b", port)}
        line = {"step": step, "port": port, "from": start, "to": time.time(), **answer}
        print(json.dumps(line), flush=True)
        time.sleep(0.01)
        same += 1
        now = answer, [rows(table) for table in INTERFACES.values()]
        if now != last:
            last, same, changed = now, 0, time.time()
        seen[answer["a"]] += 1
        assert time.time() - begun < PATIENCE, f"{step} on port {port} does not settle"
    return seen


def until_seen(wanted, scenario, port):
    """A state that lasts for as long as a packet is on the way may be missed where asking takes longer.

    Of three answers in a row the inner one has no packet near it.
    """
    for attempt in range(ATTEMPTS):
        if scenario(port + 10 * attempt)[wanted] >= 3:
            return


def connect(port):
    listener = end("b")
    listener.bind((ADDRESSES["b"], port))
    listener.listen()
    client = end("a")
    client.connect((ADDRESSES["b"], port))
    server, _ = listener.accept()
    listener.close()
    watch("established", port)
    return client, server


def four_segments():
    client, server = connect(5001)
    client.sendall(b"request")
    client.shutdown(socket.SHUT_WR)
    watch("half closed by the client", 5001)
    server.recv(100)
    server.sendall(b"answer" * 1000)
    watch("data after the half close", 5001)
    server.close()
    watch("closed", 5001)


def closed_by_the_server():
    client, server = connect(5002)
    server.sendall(b"bye")
    server.shutdown(socket.SHUT_WR)
    watch("half closed by the server", 5002)
    client.recv(100)
    client.close()
    watch("closed", 5002)


def simultaneous_close(port):
    client, server = connect(port)
    client.shutdown(socket.SHUT_WR)
    server.shutdown(socket.SHUT_WR)
    seen = watch("both closing", port)
    client.close()
    server.close()
    return seen


def reset():
    client, server = connect(5004)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
    watch("reset", 5004)
    server.close()


def refused():
    client = end("a")
    try:
        client.connect((ADDRESSES["b"], 5005))
    except ConnectionRefusedError:
        pass
    watch("refused", 5005)


def simultaneous_open(port):
    ends = {side: end(side) for side in "ab"}
    for side, made in ends.items():
        made.bind((ADDRESSES[side], port))
        made.setblocking(False)
    for side, other in ("ab", "ba"):
        ends[side].connect_ex((ADDRESSES[other], port))
    seen = watch("both asked", port)
    for made in ends.values():
        made.close()
    return seen


for scenario in (four_segments, closed_by_the_server, reset, refused):
    scenario()
until_seen("CLOSING", simultaneous_close, 5003)
until_seen("SYN-RECEIVED", simultaneous_open, 5006)
