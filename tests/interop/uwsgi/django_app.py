"""Django's own login form, with a user in a database: in memory, or in the file `DATABASE` of the environment.

`REDIS` of the environment is the URL of a store for sessions, which servers can share with the database.
`STATIC_ROOT` of the environment is a folder for the files of Django's own pages, which are collected there.
"""
import hashlib
import os

import django
from django.conf import settings

SHARED = {}
if "REDIS" in os.environ:
    cache = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": os.environ["REDIS"]}
    SHARED = {"CACHES": {"default": cache}, "SESSION_ENGINE": "django.contrib.sessions.backends.cache"}

settings.configure(
    **SHARED,
    SECRET_KEY="only for a test",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.messages",
        "django.contrib.admin",
        "django.contrib.staticfiles",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                ]
            },
        }
    ],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ.get("DATABASE", ":memory:")}},
    STATIC_URL="/static/",
    STATIC_ROOT=os.environ.get("STATIC_ROOT"),
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    USE_TZ=True,
)
django.setup()

from django.contrib import admin
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse, StreamingHttpResponse
from django.urls import path


def upload(request):
    """The digest of a file that was sent with a form, which only who has a token may do."""
    digest = hashlib.sha256()
    for piece in request.FILES["file"].chunks():
        digest.update(piece)
    return HttpResponse(digest.hexdigest())


def stream(request):
    """Ten megabytes, without their length, in pieces of 64 KiB."""
    return StreamingHttpResponse(bytes([n % 251]) * 65536 for n in range(160))


urlpatterns = [
    path("admin/", admin.site.urls),
    path("who", lambda request: HttpResponse(str(request.user))),
    path("upload", upload),
    path("stream", stream),
]

if "STATIC_ROOT" in os.environ:
    call_command("collectstatic", interactive=False, verbosity=0)

call_command("migrate", verbosity=0)
from django.contrib.auth.models import User

if not User.objects.filter(username="ada").exists():
    User.objects.create_superuser("ada", password="lovelace")
application = get_wsgi_application()
