"""What sanitising found over many traces, counted for people: kinds and actions, never values."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from flywheel.records import Finding


@dataclass(slots=True)
class Summary:
    """Counts that grow trace by trace; `by_kind` is keyed by (kind, action)."""

    traces: int = 0
    with_findings: int = 0
    by_kind: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, findings: Iterable[Finding]) -> None:
        """Count one trace and its findings."""
        kinds = [(finding.kind, finding.action) for finding in findings]
        self.traces += 1
        self.with_findings += bool(kinds)
        self.by_kind.update(kinds)

    def rows(self) -> list[dict[str, str | int]]:
        """One row for each kind and action, the most frequent first."""
        return [{"kind": kind, "action": action, "findings": n} for (kind, action), n in self.by_kind.most_common()]
