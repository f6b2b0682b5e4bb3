"""Vectors of texts, cached in the database by content hash. Runs in workers only."""

from collections.abc import Sequence
from functools import cache

import numpy as np

from annotation.models import Embedding
from flywheel import embedding
from flywheel.embedding import Embedder


@cache
def model() -> Embedder:
    """The embedding model, loaded once a process."""
    return Embedder()


class CachedEmbedder:
    """An embedder that asks the table first; what judges and selection use."""

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """(n, d) float32, rows of unit length, in the order of the texts."""
        keys = [embedding.text_hash(text) for text in texts]
        known = vectors(keys)
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        if missing:
            fresh = [embedding.to_bytes(vector) for vector in model().embed(list(missing.values()))]
            rows = [
                Embedding(model=model().model, text_hash=key, vector=vector)
                for key, vector in zip(missing, fresh, strict=True)
            ]
            Embedding.objects.bulk_create(rows, ignore_conflicts=True)
            # As they were rounded for the table: a text has one vector, the first time too.
            known |= {key: embedding.from_bytes(vector) for key, vector in zip(missing, fresh, strict=True)}
        return np.stack([known[key] for key in keys])


def vectors(keys: Sequence[str]) -> dict[str, np.ndarray]:
    """text hash → vector, for those that are stored."""
    rows = Embedding.objects.filter(model=model().model, text_hash__in=set(keys))
    return {row.text_hash: embedding.from_bytes(bytes(row.vector)) for row in rows}
