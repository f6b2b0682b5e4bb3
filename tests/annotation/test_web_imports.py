"""The web process stays light: claims, answers and pages need no numerical library."""

import json
import os
import subprocess
import sys

HEAVY = ("torch", "transformers", "trl", "onnxruntime", "numpy", "scipy", "pandas", "pyarrow")

START = """
import json, sys
from annotation.wsgi import application
from django.urls import get_resolver

def walked(resolver):
    for pattern in resolver.url_patterns:
        if hasattr(pattern, "url_patterns"):
            yield from walked(pattern)
        else:
            yield pattern.callback

views = list(walked(get_resolver()))
print(json.dumps({"views": len(views), "modules": sorted(sys.modules)}))
"""


def test_the_web_process_imports_nothing_heavy():
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"}

    done = subprocess.run([sys.executable, "-c", START], env=environment, capture_output=True, text=True, check=True)

    found = json.loads(done.stdout)
    assert found["views"] > 50
    assert not {name.split(".")[0] for name in found["modules"]} & set(HEAVY)
