"""Fixtures for every test; nothing here is loaded into tests of the core, which run without Django."""

from pathlib import Path

import pytest

from annotation import postgres


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """Start the Postgres of the tests, just before the first test that needs a database."""
    postgres.ensure(Path(__file__).resolve().parents[1], fast=True)
