"""What packets other than requests reach: functions, a signal, jobs. The application answers with what they left."""
import uwsgi

uwsgi.register_rpc("hello", lambda *arguments: b"hi " + b",".join(arguments))
uwsgi.register_rpc("large", lambda: b"x" * 70000)
uwsgi.register_signal(17, "", lambda number: uwsgi.cache_update("signal", b"%d" % number))


def spool(job):
    uwsgi.cache_update("job", job[b"task"])
    return uwsgi.SPOOL_OK


uwsgi.spooler = spool


def application(environ, start_response):
    value = uwsgi.cache_get(environ["PATH_INFO"][1:]) or b""
    start_response("200 OK", [("Content-Length", str(len(value)))])
    return [value]
