"""Stands in for `python -m flywheel score --base MODEL IN OUT`: an answer's score is minus its share of "?",
and null for "unsayable".

The base's name tells how it behaves: "slow", "broken", "silent" or anything else. It notes its environment and rows.
"""

import json
import os
import sys
import time
from pathlib import Path

base, asked, scored = sys.argv[-3:]
print(" ".join(sys.argv[1:-2]), file=Path(os.environ["HOME"], "calls").open("a"))
Path(os.environ["HOME"], "environment").write_text(json.dumps(dict(os.environ)))
if base == "slow":
    time.sleep(30)
if base == "broken":
    sys.exit("flywheel score: no model named broken.")
with open(asked, encoding="utf-8") as lines, open(scored, "w", encoding="utf-8") as out:
    for row in map(json.loads, lines):
        text = row["answer"] if isinstance(row["answer"], str) else row["answer"]["content"]
        mean = None if text == "unsayable" else -text.count("?") / len(text)
        if base != "silent":
            out.write(json.dumps({"id": row["id"], "mean_logprob": mean, "tokens": len(text)}) + "\n")
