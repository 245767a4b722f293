"""Takes connections between two network namespaces through their states, and tells what the kernel calls each.

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
ATTEMPTS = 5


def enter(side):
    descriptor = os.open(f"/var/run/netns/{NAMESPACES[side]}", os.O_RDONLY)
    if LIBC.setns(descriptor, 0x40000000) != 0:
        raise OSError(ctypes.get_errno(), "setns")
    os.close(descriptor)


def end(side):
    enter(side)
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return made


def state(side, port):
    """As `ss` shows it, but without a program that a loaded machine may take long to start."""
    enter(side)
    with open("/proc/thread-self/net/tcp") as table:
        rows = [line.split() for line in table][1:]
    for _, local, peer, number, *_ in rows:
        name = NAMES[int(number, 16)]
        if name != "LISTEN" and port in (int(local[-4:], 16), int(peer[-4:], 16)):
            return name
    return "CLOSED"


def watch(step, port):
    """Asks again and again until the answer stays the same; gives how often A was in which state."""
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
        if answer != last:
            last, same, changed = answer, 0, time.time()
        seen[answer["a"]] += 1
        assert time.time() - begun < PATIENCE, f"{step} on port {port} does not settle"
    return seen


def until_seen(wanted, scenario, port):
    """A state that lasts for as long as a packet is on the way may be missed where asking takes longer.

    Of four answers in a row the inner ones have no packet near them.
    """
    for attempt in range(ATTEMPTS):
        if scenario(port + 10 * attempt)[wanted] >= 4:
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
