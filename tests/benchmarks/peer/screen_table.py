"""The annotate screen beside Label Studio's and Potato's, as a page to read, and the budgets that it has to keep."""

from typing import Any

BUDGETS = (
    ("first_load", "requests", 10, "requests of the first load"),
    ("first_load", "bytes", 100_000, "bytes of the first load"),
    ("first_load", "usable_ms", 300, "milliseconds until it is usable"),
    ("answer", "keystrokes", 2, "keystrokes an answer"),
    ("answer", "bytes", 15_000, "bytes of the next item"),
)
PAGE = """# The annotate screen beside two others

Written by `{command}` on {date}, commit `{commit}`, {cores} cores ({cpu}), Chromium {chromium}. Medians of {loads} first
loads in a browser that was never there, and of {answers} answers by keys. Bytes are as transferred: compressed, heads
included. An item is a pair of texts of about 1 KB.

| | Flywheel | Label Studio | Potato |
| --- | --- | --- | --- |
| Requests of the first load | {requests:.0f} | 33 | 35 |
| Bytes of the first load | {kb:.1f} kB | 8.0 MB | 1.5 MB |
| Until it can be used | {usable:.0f} ms | 2.9 s | 0.6 s |
| Keystrokes an answer | {keystrokes:.0f} | not measured | not measured |
| Bytes until the next item can be answered | {next_kb:.1f} kB | not measured | not measured |

The figures of Label Studio (on Postgres) and Potato were measured once on two cores, at their pairwise screens, and are
not repeated by this program. "Until it can be used" is from the start of the navigation to the later of two moments:
the first text is painted, and the page listens to its keys.

What a person meets, in our own words:

- **Choosing.** Here one key chooses and one sends, and the next item comes with the answer to that; nothing is loaded
  again. The other two load a full application first.
- **Sides.** Here each person sees the sides in an order drawn for them and kept with the answer; neither of the others
  turns them round by itself, so an answer's side cannot be told from its place.
- **Runs.** Here the steps of the runs are aligned, what is equal is folded, and `D` goes to the first difference. The
  others show two texts beside each other.
- **Undo, drafts, offline.** Here `U` takes the last answer back, what is typed is kept on the server, and an answer that
  cannot be sent is kept in the browser and sent once.
"""


def written(found: dict[str, Any]) -> str:
    """The page."""
    first, answer = found["first_load"], found["answer"]
    return PAGE.format(
        command=found["command"], date=found["date"][:10], commit=found["commit"][:12], chromium=found["chromium"],
        cores=found["machine"]["cores"], cpu=found["machine"]["cpu"], loads=len(found["loads"]),
        answers=len(found["answers"]), requests=first["requests"], kb=first["bytes"] / 1000,
        usable=first["usable_ms"], keystrokes=answer["keystrokes"], next_kb=answer["bytes"] / 1000,
    )  # fmt: skip


def misses(found: dict[str, Any]) -> list[str]:
    """A sentence for each budget that is broken."""
    return [
        f"{found[part][name]:.0f} {words}; at most {most}"
        for part, name, most, words in BUDGETS
        if found[part][name] > most
    ]
