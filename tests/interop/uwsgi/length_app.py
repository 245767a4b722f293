"""Answers with its path, and says how long that is: on a persistent socket nothing else ends an answer."""


def application(environ, start_response):
    body = environ["PATH_INFO"].encode("latin-1")
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]
