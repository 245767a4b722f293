#!/usr/bin/env python3
"""Makes every capture of this folder, and the sample of `wirekit-cli`, from real programs.

    python3 make.py FOLDER [NAME ...]

Runs as root, in two network namespaces of its own (client `wkA`, server `wkB`) that it deletes again. Needs tcpdump,
iproute2, nftables, ethtool, nginx, uwsgi with its python3 plugin, dnsmasq, openssl, curl, and the Python package
`websockets`. FOLDER is a neutral place such as /srv/wirekit: uwsgi variables carry its path. Timing differs from run
to run, and so do the captures: copy a new one over an old one only together with its golden story.
"""

import os
import pathlib
import random
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
CLIENT, SERVER = ["ip", "netns", "exec", "wkA"], ["ip", "netns", "exec", "wkB"]
ADDRESS, ADDRESS6, TUNNEL, TUNNEL6 = "10.77.0.2", "fd77::2", "10.55.0.2", "fd55::2"

APPLICATION = """
def application(environ, start_response):
    length = int(environ.get('CONTENT_LENGTH') or 0)
    body = environ['wsgi.input'].read(length)
    start_response('200 OK', [('Content-Type', 'text/plain'), ('Set-Cookie', 'session=8f14e45f; Path=/; HttpOnly')])
    return [b'hello from uwsgi, query ', environ['QUERY_STRING'].encode(), b', %d bytes of body\\n' % len(body)]
"""

ECHO = """
import asyncio, sys, websockets
async def echo(socket):
    async for message in socket: await socket.send(message)
async def main():
    plain = websockets.serve(echo, '0.0.0.0', 8765, compression=None, max_size=None)
    deflate = websockets.serve(echo, '0.0.0.0', 8766, max_size=None)
    async with plain, deflate: await asyncio.Future()
asyncio.run(main())
"""

CHAT = """
import asyncio, sys, websockets
async def main(url, compression, large):
    async with websockets.connect(url, compression=compression, max_size=None) as socket:
        for message in ['hello', 'na\\u00efve caf\\u00e9 \\u2615', bytes(range(256)), '', 'x' * large]:
            await socket.send(message); await socket.recv()
        await socket.send(['a message ', 'in three ', 'fragments']); await socket.recv()
        await (await socket.ping(b'are you there'))
asyncio.run(main(sys.argv[1], sys.argv[2] if sys.argv[2] != 'none' else None, int(sys.argv[3])))
"""

ECHO_TCP = """
import socket, threading
listener = socket.socket(); listener.setsockopt(1, 2, 1); listener.bind(('0.0.0.0', 9999)); listener.listen(5)
def serve(client):
    try:
        while data := client.recv(4096): client.sendall(data)
    except OSError: pass
    client.close()
while True: threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
"""

UDP_ECHO = """
import socket, threading
def serve(family, address):
    s = socket.socket(family, socket.SOCK_DGRAM); s.bind((address, 9998))
    while True:
        data, peer = s.recvfrom(65535); s.sendto(data, peer)
threading.Thread(target=serve, args=(socket.AF_INET, '0.0.0.0'), daemon=True).start()
serve(socket.AF_INET6, '::1')
"""

UDP_CLIENT = """
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(3)
for size in (0, 5, 4000):
    s.sendto(b'u' * size, (sys.argv[1], 9998)); assert len(s.recv(65535)) == size
s.setsockopt(socket.SOL_SOCKET, 11, 1)  # SO_NO_CHECK: checksum 0
s.sendto(b'no checksum', (sys.argv[1], 9998)); s.recv(65535)
"""

SIMULTANEOUS = """
import socket, sys, time
me, peer, at = sys.argv[1], sys.argv[2], float(sys.argv[3])
s = socket.socket(); s.setsockopt(1, 2, 1); s.bind((me, 4444)); s.settimeout(3)
time.sleep(max(0, at - time.time()))
s.connect((peer, 4444)); s.sendall(b'both at once'); s.recv(100); time.sleep(.2); s.close()
"""

ODD = """
import socket, struct, time
def connect(port, **options):
    s = socket.socket()
    if 'window' in options: s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, options['window'])
    s.connect(('10.55.0.2', port)); return s
s = connect(9999); s.sendall(b'half-close please'); s.shutdown(socket.SHUT_WR)
while s.recv(100): pass
s.close()
s = connect(9999); s.sendall(b'x'); s.recv(1)
s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0)); s.close()
try: connect(1)
except ConnectionRefusedError: pass
s = connect(8080, window=4096); s.sendall(b'GET /large.txt HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\n\\r\\n'); time.sleep(2.5)
while s.recv(65536): pass
s.close()
s = connect(9999); s.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
s.setsockopt(6, 4, 1); s.setsockopt(6, 5, 1); time.sleep(2.5); s.close()
s = connect(9999); s.sendall(b'plain '); s.send(b'!', socket.MSG_OOB); s.recv(100); s.close()
"""

OPTIONS = """
import socket, struct, sys, threading, time
server = sys.argv[1] == 'server'
def sign(s, peer, key): s.setsockopt(6, 14, struct.pack('=HH4s120sBBHI80s', 2, 0, socket.inet_aton(peer), b'', 0, 0, len(key), 0, key))
if server:
    def serve(s):
        s.listen(5)
        for _ in range(3):
            c, _ = s.accept(); data = c.recv(100); c.sendall(b'ok ' + data); c.close()
    def listen(port, protocol=0):
        s = socket.socket(socket.AF_INET, socket.SOCK_STREAM, protocol); s.setsockopt(1, 2, 1); s.bind(('10.55.0.2', port)); return s
    signed, fast, multipath = listen(7001), listen(7002), listen(7003, 262)
    sign(signed, '10.55.0.1', b'secret'); fast.setsockopt(6, 23, 5)
    for s in (signed, fast, multipath): threading.Thread(target=serve, args=(s,), daemon=True).start()
    time.sleep(5)
else:
    s = socket.socket(); sign(s, '10.55.0.2', b'secret'); s.connect(('10.55.0.2', 7001)); s.sendall(b'md5'); s.recv(10); s.close()
    for number in range(2):
        s = socket.socket(); s.sendto(b'fast open %d' % number, 0x20000000, ('10.55.0.2', 7002)); s.recv(100); s.close(); time.sleep(.2)
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262); s.connect(('10.55.0.2', 7003)); s.sendall(b'mptcp'); s.recv(100); s.close()
"""

NGINX = """
worker_processes 1; daemon off; user root; pid {here}/nginx.pid; error_log {here}/nginx.err;
events {{ worker_connections 256; }}
http {{
  access_log off; types {{ text/plain txt; text/html html; text/css css; }} keepalive_timeout 5s;
  client_body_temp_path {here}/tmp; proxy_temp_path {here}/tmp; fastcgi_temp_path {here}/tmp; uwsgi_temp_path {here}/tmp; scgi_temp_path {here}/tmp;
  server {{
    listen 8080; listen [::]:8080; listen 8443 ssl; ssl_certificate {here}/certificate.pem; ssl_certificate_key {here}/key.pem; ssl_protocols TLSv1.2 TLSv1.3;
    server_name shop.example.test; root {here}/www;
    location /app {{ include /etc/nginx/uwsgi_params; uwsgi_pass 127.0.0.1:3031; }}
    location /chat {{ proxy_pass http://127.0.0.1:8765; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade"; }}
  }}
}}
"""


def run(command, **options):
    return subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)


class Capture:
    """tcpdump on an interface of a namespace, for as long as the `with` block runs."""

    def __init__(self, namespace, interface, name, *arguments):
        # --immediate-mode and -U: nothing is lost when it is stopped; -Z root: the folder is root's.
        self.command = [*namespace, "tcpdump", "-i", interface, "--immediate-mode", "-B", "16384", "-U", "-Z", "root", "-w", f"{name}.pcap", *arguments]

    def __enter__(self):
        self.tcpdump = subprocess.Popen(self.command, stderr=subprocess.PIPE, text=True)
        while "listening on" not in (line := self.tcpdump.stderr.readline()):
            if not line:
                raise RuntimeError(f"tcpdump: {self.command}")

    def __exit__(self, *_):
        time.sleep(0.7)
        self.tcpdump.terminate()
        self.tcpdump.wait()


def curl(*urls, also=()):
    outputs = [word for url in urls for word in ("-o", "/dev/null")]
    run([*CLIENT, "curl", "-gsk", *also, *urls, *outputs])


def python(namespace, program, *arguments):
    run([*namespace, sys.executable, "-c", program, *map(str, arguments)])


def lay_files(folder):
    (folder / "www").mkdir(exist_ok=True)
    (folder / "tmp").mkdir(exist_ok=True)
    www = folder / "www"
    (www / "index.html").write_text("<!doctype html><title>Shop</title><link rel=stylesheet href=shop.css><h1>Shop</h1>\n")
    (www / "shop.css").write_text("body { font: 16px sans-serif; margin: 4em }\n" * 40)
    chance = random.Random(1)
    (www / "medium.txt").write_text("".join(f"{n} {chance.random()}\n" for n in range(1000)))
    (www / "large.txt").write_text("".join(f"{n} {chance.random()}\n" for n in range(4500)))
    (folder / "application.py").write_text(APPLICATION)
    (folder / "nginx.conf").write_text(NGINX.format(here=folder))
    run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", folder / "key.pem", "-out", folder / "certificate.pem", "-days", "3650", "-subj", "/CN=shop.example.test"])


def lay_network():
    resolver = pathlib.Path("/etc/netns/wkA")
    resolver.mkdir(parents=True, exist_ok=True)
    (resolver / "resolv.conf").write_text(f"nameserver {ADDRESS}\n")
    for command in (
        "ip netns add wkA", "ip netns add wkB",
        "ip link add veA netns wkA type veth peer name veB netns wkB",
        "ip -n wkA address add 10.77.0.1/24 dev veA", f"ip -n wkB address add {ADDRESS}/24 dev veB",
        "ip -n wkA address add fd77::1/64 dev veA nodad", f"ip -n wkB address add {ADDRESS6}/64 dev veB nodad",
        "ip -n wkA link set lo up", "ip -n wkB link set lo up", "ip -n wkA link set veA up", "ip -n wkB link set veB up",
    ):
        run(command.split())


def start_servers(folder):
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder}
    servers = [
        subprocess.Popen([*SERVER, "nginx", "-c", f"{folder}/nginx.conf", "-p", str(folder)], **quiet),
        subprocess.Popen([*SERVER, "uwsgi", "--plugin", "python3", "--socket", "127.0.0.1:3031", "--wsgi-file", "application.py", "--need-app", "--die-on-term"], **quiet),
        subprocess.Popen([*SERVER, "dnsmasq", "--no-daemon", "--no-resolv", "--no-hosts", f"--address=/example.test/{ADDRESS}", "--user=root", f"--listen-address={ADDRESS}", "--bind-interfaces"], **quiet),
        *(subprocess.Popen([*SERVER, sys.executable, "-c", program], **quiet) for program in (ECHO, ECHO_TCP, UDP_ECHO)),
    ]
    deadline = time.monotonic() + 10
    for port in (8080, 3031, 8765, 8766, 9999):
        while subprocess.run([*SERVER, "bash", "-c", f"exec 3<>/dev/tcp/127.0.0.1/{port}"], stderr=subprocess.DEVNULL).returncode:
            if time.monotonic() > deadline:
                raise RuntimeError(f"no server on port {port}")
            time.sleep(0.05)
    return servers


def offloads(state):
    for namespace, interface in ((CLIENT, "veA"), (SERVER, "veB")):
        run([*namespace, "ethtool", "-K", interface, *(word for feature in ("tx", "gso", "tso", "gro") for word in (feature, state))])


def losses(on):
    for namespace, interface in ((CLIENT, "veA"), (SERVER, "veB")):
        if on:
            for rule in (
                "add table netdev lossy",
                "add chain netdev lossy ingress { type filter hook ingress device %s priority 0; }" % interface,
                "add rule netdev lossy ingress numgen random mod 1000 < 60 drop",
            ):
                run([*namespace, "nft", rule])
        else:
            run([*namespace, "nft", "delete", "table", "netdev", "lossy"])


def make_sample():
    """One client's day, seen by the server on every interface."""
    with Capture(SERVER, "any", "sample", "-y", "LINUX_SLL2", "tcp or udp"):
        shop = "http://shop.example.test:8080"
        curl(f"{shop}/", f"{shop}/shop.css", f"{shop}/favicon.ico", also=("-4",))
        curl(f"http://{ADDRESS}:8080/app?item=7", also=("-A", "Mozilla/5.0 (X11; Linux x86_64)", "-H", "Cookie: theme=dark"))
        curl(f"http://{ADDRESS}:8080/app/cart", also=("-d", "item=7&count=2"))
        python(CLIENT, CHAT, f"ws://{ADDRESS}:8080/chat", "none", 2000)
        curl("https://shop.example.test:8443/", also=("-4",))


def make_ethernet():
    with Capture(CLIENT, "veA", "ethernet_http"):
        base = f"http://{ADDRESS}:8080"
        curl(f"{base}/shop.css", f"{base}/medium.txt", f"{base}/missing")
        curl(f"http://[{ADDRESS6}]:8080/shop.css")
        curl(f"{base}/app", also=("-T", "www/medium.txt", "-H", "Transfer-Encoding: chunked", "-H", "Expect:"))
        curl(f"{base}/shop.css", also=("--http1.0", "-I"))


def make_reframed():
    """Links that this kernel cannot capture: real packets, with another link header in front."""
    with Capture(CLIENT, "veA", "ethernet_vlan", "tcp"):
        curl(f"http://{ADDRESS}:8080/shop.css")
        curl(f"http://[{ADDRESS6}]:8080/shop.css")
    ethernet = pathlib.Path("ethernet_vlan.pcap").read_bytes()
    reframe(ethernet, 0, "bsd_null.pcap", lambda frame: (2 if frame[12:14] == b"\x08\x00" else 30).to_bytes(4, "little") + frame[14:])
    reframe(ethernet, 108, "bsd_loop.pcap", lambda frame: (2 if frame[12:14] == b"\x08\x00" else 24).to_bytes(4, "big") + frame[14:])
    tags = {b"\x08\x00": b"\x81\x00\x00\x2a", b"\x86\xdd": b"\x88\xa8\x00\x07\x81\x00\x00\x2a"}
    reframe(ethernet, 1, "ethernet_vlan.pcap", lambda frame: frame[:12] + tags[frame[12:14]] + frame[12:])


def reframe(capture, link_type, name, change):
    """A little-endian pcap with every frame changed and another link type."""
    out = capture[:20] + link_type.to_bytes(4, "little")
    at = 24
    while at < len(capture):
        seconds_and_fraction, length = capture[at : at + 8], int.from_bytes(capture[at + 8 : at + 12], "little")
        frame = change(capture[at + 16 : at + 16 + length])
        out += seconds_and_fraction + len(frame).to_bytes(4, "little") * 2 + frame
        at += 16 + length
    pathlib.Path(name).write_bytes(out)


def make_cooked():
    with Capture(SERVER, "any", "cooked_v2_uwsgi", "-y", "LINUX_SLL2", "tcp"):
        curl(f"http://{ADDRESS}:8080/app?x=1")
        curl(f"http://{ADDRESS}:8080/app", also=("--data-binary", "@www/medium.txt"))
    with Capture(SERVER, "any", "cooked_v1_uwsgi", "-y", "LINUX_SLL", "tcp"):
        curl(f"http://{ADDRESS}:8080/app?x=2")


def make_loopback():
    with Capture(SERVER, "lo", "loopback_uwsgi"):
        curl(f"http://{ADDRESS}:8080/app?x=3")


def make_websocket():
    with Capture(CLIENT, "veA", "websocket"):
        python(CLIENT, CHAT, f"ws://{ADDRESS}:8765/", "none", 70000)
    with Capture(CLIENT, "veA", "websocket_deflate"):
        python(CLIENT, CHAT, f"ws://{ADDRESS}:8766/", "deflate", 70000)


def make_tls():
    with Capture(CLIENT, "veA", "tls"):
        curl("https://shop.example.test:8443/", also=("-4",))
        curl("https://shop.example.test:8443/", also=("-4", "--tls-max", "1.2"))


def make_udp():
    with Capture(CLIENT, "veA", "udp_dns", "tcp or udp"):
        run([*CLIENT, "getent", "ahosts", "shop.example.test"])
        python(CLIENT, UDP_CLIENT, ADDRESS)


def make_fragments():
    offloads("off")
    with Capture(CLIENT, "veA", "ip_fragments", "udp or (ip[6:2] & 0x3fff != 0)"):
        python(CLIENT, UDP_CLIENT, ADDRESS)
    offloads("on")


def make_checksums():
    offloads("off")
    with Capture(CLIENT, "veA", "checksums_good", "tcp"):
        curl(f"http://{ADDRESS}:8080/medium.txt")
    offloads("on")


def make_loss():
    offloads("off")
    losses(True)
    with Capture(SERVER, "veB", "loss", "tcp"):
        curl(f"http://{ADDRESS}:8080/large.txt")
    losses(False)
    offloads("on")


def make_tunnel():
    link = subprocess.Popen(
        [sys.executable, HERE / "lossy_link.py", "wkA", "10.55.0.1/24", "wkB", f"{TUNNEL}/24", *"--loss 3 --duplicate 2 --reorder 8 --delay 5 --jitter 1 --seed 7".split()],
        stdout=subprocess.PIPE, text=True)
    link.stdout.readline()
    with Capture(CLIENT, "tunl", "raw_loss_reorder", "tcp"):
        curl(f"http://{TUNNEL}:8080/large.txt")
        curl(f"http://[{TUNNEL6}]:8080/shop.css")
    link.terminate()
    link.wait()
    link = subprocess.Popen([sys.executable, HERE / "lossy_link.py", "wkA", "10.55.0.1/24", "wkB", f"{TUNNEL}/24", "--delay", "5"], stdout=subprocess.PIPE, text=True)
    link.stdout.readline()
    with Capture(CLIENT, "tunl", "raw_odd_endings", "tcp"):
        at = time.time() + 1
        other = subprocess.Popen([*SERVER, sys.executable, "-c", SIMULTANEOUS, TUNNEL, "10.55.0.1", str(at)])
        python(CLIENT, SIMULTANEOUS, "10.55.0.1", TUNNEL, at)
        other.wait()
        python(CLIENT, ODD)
    for namespace in (CLIENT, SERVER):
        run([*namespace, "sysctl", "-qw", "net.ipv4.tcp_fastopen=3"])
    with Capture(CLIENT, "tunl", "raw_options", "tcp"):
        server = subprocess.Popen([*SERVER, sys.executable, "-c", OPTIONS, "server"])
        time.sleep(1)
        python(CLIENT, OPTIONS, "client")
        server.wait()
    link.terminate()
    link.wait()


MAKERS = (make_sample, make_ethernet, make_reframed, make_cooked, make_loopback, make_websocket, make_tls, make_udp, make_fragments, make_checksums, make_loss, make_tunnel)


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    os.chdir(folder)
    wanted = {f"make_{name}" for name in sys.argv[2:]} or {maker.__name__ for maker in MAKERS}
    lay_files(folder)
    servers = []
    try:
        lay_network()
        servers = start_servers(folder)
        for maker in MAKERS:
            if maker.__name__ in wanted:
                print(maker.__name__, flush=True)
                maker()
    finally:
        for server in servers:
            server.terminate()
        for server in servers:
            server.wait()
        for namespace in ("wkA", "wkB"):
            subprocess.run(["ip", "netns", "delete", namespace], stderr=subprocess.DEVNULL)
    for capture in sorted(folder.glob("*.pcap")):
        print(f"{capture.stat().st_size:8} {capture.name}")


if __name__ == "__main__":
    main()
