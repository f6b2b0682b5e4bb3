"""Acceptance tests of the statistics: planted truth and published figures, each a function of replications and rng.

Every function returns {"figure": …, "threshold": sentence, "replications": number, "pass": bool}. CI calls them with a
few replications, `make bench PART=statistics` with many.
"""
