"""Clients of the API: programs with tokens, people with sessions."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from annotation.models import Project, Token
from tests.factories import ProjectFactory, TokenFactory


class Program(Client):
    """A test client that sends a token and JSON."""

    def __init__(self, token: Token, secret: str) -> None:
        super().__init__(headers={"Authorization": f"Bearer {secret}"})
        self.token, self.project = token, token.project

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """A request with a JSON body."""
        return self.generic(
            method, path, b"" if body is None else encoded(body), content_type="application/json", headers=headers
        )


def encoded(body: Any) -> bytes:
    """Bytes as they are, anything else as JSON."""
    return body if isinstance(body, bytes) else json.dumps(body).encode()


@pytest.fixture
def project(db: None) -> Project:
    """An empty project."""
    return ProjectFactory()


@pytest.fixture
def program(project: Project) -> Callable[..., Program]:
    """Makes a client with a token of the project; keyword arguments go to the token's factory."""

    def make(**fields: Any) -> Program:
        secret = f"fw_{len(made)}_{project.pk}"
        made.append(secret)
        return Program(TokenFactory(project=project, secret=secret, **fields), secret)

    made: list[str] = []
    return make


@pytest.fixture
def engineer(program: Callable[..., Program]) -> Program:
    """A program of an engineer with every scope."""
    return program(roles=("engineer",))


@pytest.fixture
def manager(program: Callable[..., Program]) -> Program:
    """A program of a manager with every scope."""
    return program(roles=("manager",))


@pytest.fixture
def annotator(program: Callable[..., Program]) -> Program:
    """A program of an annotator with every scope."""
    return program(roles=("annotator",))
