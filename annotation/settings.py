"""All configuration. A bad value stops the process with its name in the message; code reads django.conf.settings."""

import os
import secrets
from pathlib import Path

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from annotation import postgres

BASE_DIR = Path(__file__).resolve().parent.parent


def env_flag(name: str, *, default: bool) -> bool:
    """A yes/no variable: 1, true, yes, on or 0, false, no, off."""
    value = os.environ.get(name, "").strip().lower()
    if not value:
        return default
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name} is {value!r}; use 1 or 0.")


def env_int(name: str, *, default: int, low: int = 0) -> int:
    """A whole number, at least `low`."""
    value = os.environ.get(name, "").strip()
    if not value:
        return default
    if not value.isdigit() or int(value) < low:
        raise ImproperlyConfigured(f"{name} is {value!r}; use a whole number from {low} up.")
    return int(value)


def env_secret(name: str, *, local_file: Path) -> str:
    """A secret from the environment; in local use, one made once and kept in a file only its owner can read."""
    if value := os.environ.get(name, "").strip():
        if len(value) < 50:
            raise ImproperlyConfigured(f"{name} is too short; use at least 50 random characters.")
        return value
    if PRODUCTION:
        raise ImproperlyConfigured(f"{name} is missing; set it to at least 50 random characters.")
    local_file.parent.mkdir(parents=True, exist_ok=True)
    if not local_file.exists():
        local_file.touch(mode=0o600)
        local_file.write_text(secrets.token_urlsafe(64))
    return local_file.read_text().strip()


PRODUCTION = env_flag("FLYWHEEL_PRODUCTION", default=False)
STATE_DIR = Path(os.environ.get("FLYWHEEL_STATE_DIR", BASE_DIR / ".flywheel"))
SECRET_KEY = env_secret("SECRET_KEY", local_file=STATE_DIR / "secret-key")
DEBUG = False
ALLOWED_HOSTS = [host for host in os.environ.get("ALLOWED_HOSTS", "").split(",") if host]
if not PRODUCTION:  # `manage.py serve` asks its own site whether it is ready
    ALLOWED_HOSTS += ["localhost", "127.0.0.1", "[::1]", "testserver"]
CSRF_TRUSTED_ORIGINS = [o for o in os.environ.get("CSRF_TRUSTED_ORIGINS", "").split(",") if o]

INSTALLED_APPS = [
    "annotation",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "rest_framework",
    "drf_spectacular",
    "django_htmx",
    "template_partials",
    "axes",
    "csp",
    "procrastinate.contrib.django",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "annotation.middleware.PolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "annotation.middleware.FragmentMiddleware",
    "annotation.middleware.RefusalMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "annotation.urls"
WSGI_APPLICATION = "annotation.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "annotation.middleware.memberships",
            ],
            "builtins": ["annotation.templatetags.flywheel"],
        },
    }
]

DATABASES = {"default": postgres.database_settings(BASE_DIR)}
# Two web workers x 8 threads and a few jobs: each process keeps its own pool (a connect per request doubles the CPU).
DATABASES["default"]["OPTIONS"] = DATABASES["default"].get("OPTIONS", {}) | {
    "pool": {"min_size": 1, "max_size": env_int("DB_POOL_SIZE", default=10, low=2), "timeout": 10}
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "annotation.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "annotation.sessions.Backend"]
SESSION_ENGINE = "annotation.sessions"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
AXES_FAILURE_LIMIT = env_int("LOGIN_ATTEMPTS", default=8, low=1)
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = "registration/locked_out.html"
AXES_VERBOSE = False
AXES_RESET_ON_SUCCESS = True
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address"]
# The peer's own address, never a header a stranger can write; behind a proxy set FORWARDED_ALLOW_IPS for gunicorn.
AXES_CLIENT_IP_CALLABLE = "annotation.middleware.peer_address"

LANGUAGE_CODE = "en-gb"
TIME_ZONE = os.environ.get("TIME_ZONE", "UTC")
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = STATE_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "annotation.static_files.OneFilePerPage"},
}
MEDIA_ROOT = STATE_DIR / "files"
RELEASES_DIR = STATE_DIR / "releases"
RUNS_DIR = STATE_DIR / "runs"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = False
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = PRODUCTION
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PRODUCTION
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
if PRODUCTION:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

INGEST_BODY_LIMIT = env_int("INGEST_BODY_LIMIT", default=512 * 2**20, low=2**20)  # bytes of one POST of traces
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 2**20  # bytes of any other request body
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "annotation.api.authentication.TokenAuthentication",
        "annotation.api.authentication.PersonAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["annotation.api.bodies.PlainJSONParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "annotation.api.negotiation.OneRepresentation",
    "DEFAULT_SCHEMA_CLASS": "annotation.api.schema.Schema",
    "EXCEPTION_HANDLER": "annotation.errors.api_error",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Flywheel",
    "VERSION": "1",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "ENUM_NAME_OVERRIDES": {
        "TraceState": "annotation.models.traces.TraceState",
        "AssignmentState": "annotation.models.assignments.AssignmentState",
        "ReleaseState": "annotation.models.releases.ReleaseState",
        "RunState": "annotation.models.runs.RunState",
        "QueueKind": "annotation.models.queues.QueueKind",
        "AnnotationKind": "annotation.models.annotations.AnnotationKind",
        "DeploymentKind": "annotation.models.deployments.DeploymentKind",
    },
}

# A worker without a heartbeat for this long counts as dead, and its job as stalled; it sends three in that time.
STALLED_AFTER_SECONDS = env_int("STALLED_AFTER_SECONDS", default=30, low=1)
PROCRASTINATE_WORKER_DEFAULTS = {
    "update_heartbeat_interval": STALLED_AFTER_SECONDS / 3,
    "stalled_worker_timeout": STALLED_AFTER_SECONDS,
}
# Loaded by workers only: the web process defers by name (annotation/enqueue.py).
TRAINING_ELSEWHERE = env_flag("TRAINING_ELSEWHERE", default=False)  # other machines' workers hold the training stack

PROCRASTINATE_IMPORT_PATHS = [
    f"annotation.jobs.{noun}"
    for noun in ("traces", "items", "judges", "queues", "releases", "runs", "reports", "doubts", "stalled", "history")
]
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {"procrastinate": {"level": "WARNING"}, "axes": {"level": "ERROR"}},
}
