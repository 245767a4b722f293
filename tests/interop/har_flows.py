"""What mitmproxy makes of an archive: a line a flow."""

import base64
import json


def text(content):
    """Content as an archive has it: in base64 where it is no text."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        return base64.b64encode(content).decode()


class Rows:
    def response(self, flow):
        request, response = flow.request, flow.response
        row = {
            "method": request.method,
            "host": f"[{request.host}]" if ":" in request.host else request.host,
            "port": request.port,
            "path": request.path,
            "sent": len(request.raw_content or b""),
            "status": response.status_code,
            "headers": [[name.decode(), value.decode()] for name, value in response.headers.fields],
            "text": text(response.get_content() or b""),
        }
        print(json.dumps(row), flush=True)


addons = [Rows()]
