"""Embedding: a text's vector, cached by content hash."""

from django.db import models


class Embedding(models.Model):
    """float16 bytes; no extension is required of the database."""

    model = models.CharField(max_length=80)
    text_hash = models.CharField(max_length=64)
    vector = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["model", "text_hash"], name="embedding_once_per_text")]
