"""A session that counts."""
from flask import Flask, session

app = Flask(__name__)
app.secret_key = "only for a test"


@app.get("/")
def count():
    session["count"] = session.get("count", 0) + 1
    return str(session["count"])


application = app
