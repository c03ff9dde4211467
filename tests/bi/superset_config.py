"""Superset's settings for the check: metadata in a SQLite file of its own folder, no cache, nothing sent anywhere."""

import os
from pathlib import Path

SECRET_KEY = os.environ["SUPERSET_CHECK_SECRET"]
SQLALCHEMY_DATABASE_URI = f"sqlite:///{Path(os.environ['SUPERSET_HOME']) / 'superset.db'}"
TALISMAN_ENABLED = False  # no TLS and no content policy on the loopback
RATELIMIT_ENABLED = False
CACHE_CONFIG = DATA_CACHE_CONFIG = {"CACHE_TYPE": "NullCache"}  # every answer must come from the file
