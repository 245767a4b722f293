"""A client of the gateway's TLS by Python's ssl: tls.py WHAT PORT CA-FILE, one line of JSON for each answer.

hello: a ClientHello cut into records and packets of one byte each.
ends: a connection that the gateway closes, and one whose sending half ends without close_notify.
load: requests on new connections and on a kept one until standard input ends.
plain: what answers a request without TLS, and a ClientHello for a name that leads nowhere.
"""
import json
import socket
import ssl
import sys
import threading

what, port, ca = sys.argv[1], int(sys.argv[2]), sys.argv[3]
REQUEST = b"GET /a.txt HTTP/1.1\r\nHost: shop.example\r\n%s\r\n"
CLOSE = b"Connection: close\r\n"


def context():
    context = ssl.create_default_context(cafile=ca)
    context.set_alpn_protocols(["h2", "http/1.1"])
    return context


def connect():
    stream = socket.create_connection(("127.0.0.1", port), timeout=100)
    stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return stream


def read_all(stream):
    parts = []
    while part := stream.recv(65536):
        parts.append(part)
    return b"".join(parts)


def say(**answer):
    print(json.dumps(answer), flush=True)


def cut_records(wire):
    """The same message in records of one byte."""
    pieces = b""
    while wire:
        length = int.from_bytes(wire[3:5], "big")
        pieces += b"".join(wire[:3] + b"\0\1" + bytes([byte]) for byte in wire[5:5 + length])
        wire = wire[5 + length:]
    return pieces


def hello():
    stream, incoming, outgoing = connect(), ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context().wrap_bio(incoming, outgoing, server_hostname="shop.example")
    first = True
    while True:
        try:
            tls.do_handshake()
            break
        except ssl.SSLWantReadError:
            wire = outgoing.read()
            for byte in cut_records(wire) if first else wire:
                stream.sendall(bytes([byte]))
            first = False
            incoming.write(stream.recv(65536))
    tls.write(REQUEST % CLOSE)
    stream.sendall(outgoing.read())
    while part := stream.recv(65536):
        incoming.write(part)
    answer = b""
    while part := tls.read():
        answer += part
    say(answer=answer.decode(), alpn=tls.selected_alpn_protocol(), version=tls.version())


def ends():
    for half_closes in False, True:
        stream = connect()
        # A missing close_notify is an error.
        tls = context().wrap_socket(stream, server_hostname="shop.example", suppress_ragged_eofs=False)
        tls.sendall(REQUEST % (b"" if half_closes else CLOSE))
        if half_closes:
            # The sending half of the connection ends, without a word of TLS.
            duplicate = socket.fromfd(tls.fileno(), socket.AF_INET, socket.SOCK_STREAM)
            duplicate.shutdown(socket.SHUT_WR)
            duplicate.close()
        say(answer=read_all(tls).decode())


def load():
    is_over, lock = threading.Event(), threading.Lock()
    seen, failures, counts = set(), [], [0]

    def ask(tls):
        tls.sendall(REQUEST % b"")
        answer = b""
        while not answer.endswith(b"hello"):
            part = tls.recv(65536)
            if not part:
                raise EOFError(answer)
            answer += part
        counts[0] += 1

    def new():
        tls = context().wrap_socket(connect(), server_hostname="shop.example")
        names = tuple(sorted(name for _, name in tls.getpeercert()["subjectAltName"]))
        with lock:
            if names not in seen:
                seen.add(names)
                say(certificate=names)
        return tls

    def run(keeps):
        kept = new() if keeps else None
        while not is_over.is_set():
            try:
                tls = kept or new()
                ask(tls)
                if not keeps:
                    tls.close()
            except Exception as error:
                failures.append(repr(error))
                return

    threads = [threading.Thread(target=run, args=(keeps,)) for keeps in (True, False, False)]
    for thread in threads:
        thread.start()
    sys.stdin.read()
    is_over.set()
    for thread in threads:
        thread.join()
    say(requests=counts[0], failures=failures)


def plain():
    stream = connect()
    stream.sendall(REQUEST % CLOSE)
    say(answer=read_all(stream).hex())
    try:
        context().wrap_socket(connect(), server_hostname="nowhere.example")
    except ssl.SSLError as error:
        say(answer=error.reason)


{"hello": hello, "ends": ends, "load": load, "plain": plain}[what]()
