"""The application behind the servers: it answers with what it got."""
import time


def application(environ, start_response):
    path = environ.get("PATH_INFO", "")
    if path == "/early":
        start_response("413 Content Too Large", [("Content-Length", "9")])
        return [b"too large"]
    if path == "/raise":
        raise RuntimeError("this application fails")
    if path == "/slow":
        time.sleep(60)
    if path == "/big":
        start_response("200 OK", [("Content-Type", "application/octet-stream")])
        return (bytes([n % 251]) * 65536 for n in range(160))
    if path == "/ws":
        import uwsgi

        uwsgi.websocket_handshake(environ["HTTP_SEC_WEBSOCKET_KEY"], environ.get("HTTP_ORIGIN", ""))
        for _ in range(3):
            uwsgi.websocket_send(uwsgi.websocket_recv())
        return b""
    if path == "/read":
        start_response("200 OK", [])
        return [environ["wsgi.input"].read()]
    if path == "/echo":
        left = int(environ.get("CONTENT_LENGTH") or 0)
        start_response("200 OK", [("Content-Length", str(left))])
        return pieces(environ["wsgi.input"], left)
    # Keys and values as hexadecimal bytes, one variable a line.
    lines = (
        key.encode("latin-1").hex() + "=" + value.encode("latin-1").hex() + "\n"
        for key, value in environ.items()
        if isinstance(value, str) and not key.startswith(("wsgi.", "uwsgi.", "gunicorn."))
    )
    start_response("200 OK", [("Content-Type", "text/plain")])
    return ["".join(lines).encode("ascii")]


def pieces(body, left):
    while left:
        piece = body.read(min(left, 65536))
        if not piece:
            return
        left -= len(piece)
        yield piece
