"""The WSGI entry point that gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

from clinic.gate import one_charset
from clinic.proxy import real_client

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")

application = real_client(one_charset(get_wsgi_application()))
