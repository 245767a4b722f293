"""Takes connections between two network namespaces through their states, and tells what the kernel calls each.

usage: tcp_states.py NAMESPACE_A ADDRESS_A NAMESPACE_B ADDRESS_B; one JSON line a step. The link delays by 200 ms.
"""

import ctypes
import json
import os
import socket
import struct
import subprocess
import sys
import time

LIBC = ctypes.CDLL(None, use_errno=True)
NAMESPACES = {"a": sys.argv[1], "b": sys.argv[3]}
ADDRESSES = {"a": sys.argv[2], "b": sys.argv[4]}
NAMES = {"ESTAB": "ESTABLISHED", "SYN-RECV": "SYN-RECEIVED"}
SETTLED = 0.7
HALF_WAY = 0.32


def end(side):
    descriptor = os.open(f"/var/run/netns/{NAMESPACES[side]}", os.O_RDONLY)
    if LIBC.setns(descriptor, 0x40000000) != 0:
        raise OSError(ctypes.get_errno(), "setns")
    os.close(descriptor)
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return made


def state(side, port):
    listed = subprocess.check_output(["ss", "-N", NAMESPACES[side], "-Htan"], text=True)
    for line in listed.splitlines():
        name, _, _, local, peer = line.split()[:5]
        if name != "LISTEN" and (local.endswith(f":{port}") or peer.endswith(f":{port}")):
            return NAMES.get(name, name)
    return "CLOSED"


def tell(step, port):
    at = time.time()
    print(json.dumps({"step": step, "port": port, "time": at, "a": state("a", port), "b": state("b", port)}), flush=True)


def connect(port):
    listener = end("b")
    listener.bind((ADDRESSES["b"], port))
    listener.listen()
    client = end("a")
    client.connect((ADDRESSES["b"], port))
    server, _ = listener.accept()
    listener.close()
    time.sleep(SETTLED)
    tell("established", port)
    return client, server


def four_segments():
    client, server = connect(5001)
    client.sendall(b"request")
    client.shutdown(socket.SHUT_WR)
    time.sleep(SETTLED)
    tell("half closed by the client", 5001)
    server.recv(100)
    server.sendall(b"answer" * 1000)
    time.sleep(SETTLED)
    tell("data after the half close", 5001)
    server.close()
    time.sleep(SETTLED)
    tell("closed", 5001)


def closed_by_the_server():
    client, server = connect(5002)
    server.sendall(b"bye")
    server.shutdown(socket.SHUT_WR)
    time.sleep(SETTLED)
    tell("half closed by the server", 5002)
    client.recv(100)
    client.close()
    time.sleep(SETTLED)
    tell("closed", 5002)


def simultaneous_close():
    client, server = connect(5003)
    client.shutdown(socket.SHUT_WR)
    server.shutdown(socket.SHUT_WR)
    time.sleep(HALF_WAY)
    tell("both closing", 5003)
    time.sleep(SETTLED)
    tell("both waiting", 5003)
    client.close()
    server.close()


def reset():
    client, server = connect(5004)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
    time.sleep(SETTLED)
    tell("reset", 5004)
    server.close()


def refused():
    client = end("a")
    try:
        client.connect((ADDRESSES["b"], 5005))
    except ConnectionRefusedError:
        pass
    time.sleep(SETTLED)
    tell("refused", 5005)


def simultaneous_open():
    ends = {side: end(side) for side in "ab"}
    for side, made in ends.items():
        made.bind((ADDRESSES[side], 5006))
        made.setblocking(False)
    for side, other in ("ab", "ba"):
        ends[side].connect_ex((ADDRESSES[other], 5006))
    time.sleep(HALF_WAY)
    tell("both asked", 5006)
    time.sleep(SETTLED)
    tell("both open", 5006)
    for made in ends.values():
        made.close()


for scenario in (four_segments, closed_by_the_server, simultaneous_close, reset, refused, simultaneous_open):
    scenario()
