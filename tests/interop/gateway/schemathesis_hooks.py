"""Content that schemathesis has no words for."""

import schemathesis


@schemathesis.serializer("application/toml")
def toml(_, value):
    """The text as it is: whether it is TOML is what the gateway is to say."""
    return str(value).encode(errors="surrogatepass")
