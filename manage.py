#!/usr/bin/env python
"""Django's command line; starts the embedded Postgres first unless DATABASE_URL names another."""

import os
import sys
from pathlib import Path

from django.core.management import execute_from_command_line

from annotation import postgres

WITHOUT_DATABASE = {"collectstatic", "help", "makemessages", "compilemessages", "spectacular"}

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotation.settings")
    # Several workers share the machine: two BLAS threads each would spin against one another.
    for library in ("OMP", "OPENBLAS"):
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")
    if len(sys.argv) > 1 and sys.argv[1] not in WITHOUT_DATABASE:
        postgres.ensure(Path(__file__).resolve().parent)
    execute_from_command_line(sys.argv)
