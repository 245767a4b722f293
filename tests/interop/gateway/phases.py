"""A server that stays at one place in the exchange, for a test to stop or kill it there: `http1|uwsgi PHASE FILE`.

`accept`: it has a connection and a request that it does not read. `request`: it has read the request. `head`: it has sent
the head of its answer. `body`: it has sent half of the content. The answer has a length, of 100,000 bytes. Once it is at
its place it makes the file.
"""
import socket
import struct
import sys
import threading
import time

protocol, phase, file = sys.argv[1:]


def read_exactly(stream, count):
    data = b""
    while len(data) < count:
        piece = stream.recv(count - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data


def read_request(stream):
    if protocol == "uwsgi":
        read_exactly(stream, struct.unpack("<xHx", read_exactly(stream, 4))[0])
    else:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += read_exactly(stream, 1)


def serve(stream):
    if phase == "accept":
        stream.recv(1, socket.MSG_PEEK)
    else:
        read_request(stream)
    if phase in ("head", "body"):
        stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    if phase == "body":
        stream.sendall(b"x" * 50000)
    open(file, "w").close()
    time.sleep(600)


listener = socket.create_server(("127.0.0.1", 0))
print("listening on 127.0.0.1:%d" % listener.getsockname()[1], flush=True)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
