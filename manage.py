#!/usr/bin/env python
"""Run a Django command for the clinic."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as missing:
        # It says what to do; where in the program it was missed helps nobody.
        sys.exit(str(missing))
