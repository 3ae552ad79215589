"""All settings, from the environment; a missing one stops the start with advice.

`make run` writes private keys to `var/env` once; a server sets them in its own
environment. Every variable is listed in `.env.example`.
"""

from pathlib import Path
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var")))
if (VAR_DIR / "env").is_file():
    env.read_env(VAR_DIR / "env")


def required(name: str, advice: str) -> str:
    """The variable `name`, or a start that stops and says what to do."""
    value = env.str(name, default="")
    if not value:
        raise ImproperlyConfigured(f"{name} is not set. {advice}")
    return value


def own_address() -> str:
    """Where `make run` serves; behind https, the first of the hosts."""
    if HTTPS and ALLOWED_HOSTS:
        return f"https://{ALLOWED_HOSTS[0]}"
    host = env.str("HOST", default="") or "127.0.0.1"
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - told, not bound
    port = env.str("PORT", default="") or "8000"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def own_host() -> str:
    """The name of the site, for the sender of its mails; "localhost" where it has none."""
    host = urlsplit(SITE_ADDRESS).hostname or ""
    named = "." in host and not host.replace(".", "").isdigit()
    return host if named else "localhost"


DEBUG = env.bool("DEBUG", default=False)
ELSE = f"{VAR_DIR}/env does not set it: export the VAR_DIR in which the data lie, or set"
SECRET_KEY = required("SECRET_KEY", f"{ELSE} 50 random characters.")
# The audit chain is only as strong as this key is absent from the database.
AUDIT_KEY = required("AUDIT_KEY", f"{ELSE} 64 random hex digits and keep them.")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
SITE_NAME = env.str("SITE_NAME", default="Stratum")
# Whether an empty installation may be set up by whoever opens its first page: only where nobody
# else can reach it.
FIRST_START_OPEN = env.bool("FIRST_START_OPEN", default=False)
DEMO_PASSWORD = env.str("DEMO_PASSWORD", default="demo-only-change-me")

INSTALLED_APPS = [
    "treatments",
    "bookings",
    "clinic",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    # Static files come the same way from `runserver` as from gunicorn: through the middleware.
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_htmx",
    "template_partials",
    "phonenumber_field",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    # Fifty boards ask each second whether anything changed: answered before all that follows.
    "bookings.views.live.Polls",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    # Below /api/ a token is asked for, and no cookie counts.
    "clinic.tokens.ApiDoor",
    "clinic.gate.Gate",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "clinic.sessions.SessionLimits",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "clinic.sessions.CurrentClinic",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    # Last, so that a throttled log-in is answered before any view runs.
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "clinic.urls"
WSGI_APPLICATION = "clinic.wsgi.application"

TAGS = ["template_partials.templatetags.partials", "clinic.each", "clinic.written"]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": TAGS,
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "clinic.sitemap.navigation",
            ],
        },
    }
]

DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{VAR_DIR}/clinic.sqlite3")}
_database = DATABASES["default"]
if _database["ENGINE"] == "django.db.backends.sqlite3":
    # IMMEDIATE takes the write lock at BEGIN: a reader never has to upgrade and lose.
    _database["CONN_MAX_AGE"] = 600  # opening a file costs more than most queries
    _database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; "
            "PRAGMA foreign_keys=ON; PRAGMA recursive_triggers=ON;"
        ),
    }
else:
    _database |= {"CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": True}
    _database.setdefault("OPTIONS", {})
    # Without: no plan and no cursor is kept on a connection that a pooler may hand to another.
    _database["OPTIONS"]["server_side_binding"] = env.bool("DATABASE_PREPARE", default=True)
    _database["DISABLE_SERVER_SIDE_CURSORS"] = not _database["OPTIONS"]["server_side_binding"]
    if env.bool("DATABASE_POOL", default=True):
        _database["OPTIONS"]["pool"] = {
            "min_size": 1,
            "max_size": env.int("DATABASE_POOL_SIZE", default=8),
            "timeout": 10,
        }
ATOMIC_REQUESTS = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Log-in limits must be shared by all web workers, so the cache is in the database.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "clinic_cache",
        # Beyond this the oldest counts are forgotten: nobody makes room by trying addresses.
        "OPTIONS": {"MAX_ENTRIES": 50_000},
    }
}

AUTH_USER_MODEL = "clinic.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "clinic.accounts.StaffBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "clinic.forms.session.NotPlain"},
]
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/accounts/login/"
FORM_RENDERER = "clinic.forms.renderer.WholeTexts"
ACCOUNT_FORMS = {
    "change_password": "clinic.forms.session.NewPasswordForm",
    "reset_password_from_key": "clinic.forms.session.ForgottenPasswordForm",
}
ACCOUNT_ADAPTER = "clinic.accounts.StaffOnlyAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_EMAIL_NOTIFICATIONS = False
# Nobody is written to who has no account; the page says the same to everyone (P38).
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
# One clinic is one address on the internet: many people log in from it. Wrong passwords are
# counted per account below.
ACCOUNT_RATE_LIMITS = {
    "login": "120/m/ip",
    "login_failed": "60/m/ip",
    # Of codes, for each account: whoever tries them has its password already.
    "second_factor": "5/5m/key,30/d/key",
    # Of an offer's link, looked at or answered: nobody finds one by trying.
    "offer": "60/5m/ip",
}
# Whether all staff log in with a second factor; the organization may want it too (P19).
MFA_REQUIRED = env.bool("MFA_REQUIRED", default=False)
MFA_ADAPTER = "clinic.second_factor.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = "account/locked.html"
AXES_RESET_ON_SUCCESS = True
AXES_USERNAME_CALLABLE = "clinic.accounts.typed_address"
# Who logged in is in the audit; a second list would be one more place to protect.
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ACCESS_FAILURE_LOG = False

# A shared tablet locks itself; both limits are judged by the server (45 CFR 164.312).
SESSION_ENGINE = "clinic.sessions"
SESSION_IDLE_SECONDS = env.int("SESSION_IDLE_SECONDS", default=15 * 60)
SESSION_ABSOLUTE_SECONDS = env.int("SESSION_ABSOLUTE_SECONDS", default=12 * 3600)
# What opens nothing any more is known for another half day: whose was typed on its page (P13).
SESSION_COOKIE_AGE = SESSION_ABSOLUTE_SECONDS + 12 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
# What a page says of the act before it may name a patient: it never goes into a cookie (P20).
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
# How often one token may ask in a minute.
API_REQUESTS_PER_MINUTE = env.int("API_REQUESTS_PER_MINUTE", default=600)
HTTPS = env.bool("HTTPS", default=False)
# Where links in messages lead: never where a request says it was sent to, which is the asker's
# own word.
SITE_ADDRESS = env.str("SITE_ADDRESS", default="").rstrip("/") or own_address()
if not SITE_ADDRESS.startswith(("http://", "https://")):
    raise ImproperlyConfigured("SITE_ADDRESS must begin with https://, as in a browser.")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31536000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "clinic.views.errors.csrf_failure"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
PERMISSIONS_POLICY: dict[str, list[str]] = {
    "camera": ["self"],
    "geolocation": [],
    "microphone": [],
    "payment": [],
    "usb": [],
}

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False
PHONENUMBER_DEFAULT_REGION = "US"

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": env.str(
            "STATIC_STORAGE", default="whitenoise.storage.CompressedManifestStaticFilesStorage"
        )
    },
}
# Only an import takes a file; any other larger body is refused unread. Files of patients are
# read in memory: a temporary file would outlive the request that breaks off (P20).
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
LARGE_BODIES = {"/setup/import/": 21_000_000}
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
FILE_UPLOAD_MAX_MEMORY_SIZE = max(LARGE_BODIES.values())
DATA_UPLOAD_MAX_NUMBER_FIELDS = 400

CRISPY_ALLOWED_TEMPLATE_PACKS = CRISPY_TEMPLATE_PACK = "bootstrap5"
CRISPY_FAIL_SILENTLY = False

EMAIL_BACKEND = env.str("EMAIL_BACKEND", default="django.core.mail.backends.filebased.EmailBackend")
EMAIL_FILE_PATH = VAR_DIR / "mail"
EMAIL_TIMEOUT = 10
# Into files, or onto the terminal: nobody gets a message, however well it was sent.
_STAYS = {"console", "dummy", "filebased"}
MAIL_STAYS_HERE = EMAIL_BACKEND.rpartition(".mail.backends.")[2].partition(".")[0] in _STAYS
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="") or f"appointments@{own_host()}"
# The provider of text messages as an apprise URL; without one no text message is planned.
SMS_URL = env.str("SMS_URL", default="")
if SMS_URL and "{to}" not in SMS_URL:
    raise ImproperlyConfigured("SMS_URL has no {to}: put it where the patient's number belongs.")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "filters": {"calm": {"()": "clinic.refusals.CalmRefusals"}},
    # A page that was refused is one line, whoever writes it; only an answer of 500 or more has its
    # traceback. Anyone outside can ask for refusals without end.
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["calm"]}
    },
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="WARNING")},
    # What these two say of a failure names the patient's number and the provider's password.
    "loggers": {"apprise": {"level": "CRITICAL"}, "urllib3": {"level": "CRITICAL"}},
}
