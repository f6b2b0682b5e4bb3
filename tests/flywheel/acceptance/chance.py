"""What chance alone may do to a share of few replications."""

FULL = 200  # replications from which on thresholds hold as they are written


def allowance(share: float, replications: int) -> float:
    """0 for a full version; for a quick one three standard errors of `share` out of so few replications."""
    return 0.0 if replications >= FULL else 3 * float(share * (1 - share) / replications) ** 0.5
