"""An answer on every item of a queue: the first is given as people give it, the others are copies of its rows."""

from datetime import datetime

from django.db import connection, transaction

from annotation.actions import annotations, assignments
from annotation.models import Annotation, Assignment, Item, Queue, User
from tests.benchmarks.peer.copies import copy_of

CHOICES = "(ARRAY['a', 'b', 'a', 'b', 'a', 'b', 'tie'])[1 + i.id %% 7]"


def give_all(queue: Queue, *, now: datetime) -> None:
    """Answers by everybody in turn, a second apart."""
    first = User.objects.filter(memberships__role="annotator").order_by("pk")[0]
    lent = assignments.claim(queue=queue, annotator=first, now=now)
    given = annotations.submit(
        assignment=lent, answer={"choice": "1"}, client_key="first", active_seconds=12.5, now=now
    )
    values = {"assignment": lent.pk, "annotation": given.pk, "item": lent.item_id, "queue": queue.pk}
    with transaction.atomic(), connection.cursor() as sql:
        sql.execute(
            "CREATE TEMP TABLE who ON COMMIT DROP AS SELECT user_id, row_number() OVER (ORDER BY user_id) - 1 AS n, "
            "count(*) OVER () AS people FROM annotation_member WHERE role = 'annotator'"
        )
        sql.execute(
            copy_of(Assignment, item_id="i.id", annotator_id="w.user_id")
            + """ FROM annotation_item i JOIN who w ON w.n = i.id %% w.people
                  JOIN annotation_assignment t ON t.id = %(assignment)s
                  WHERE i.queue_id = %(queue)s AND i.id <> %(item)s ORDER BY i.id""",
            values,
        )
        sql.execute(
            copy_of(Annotation, item_id="i.id", assignment_id="l.id", annotator_id="l.annotator_id",
                    client_key="'key-' || i.id", answer=f"jsonb_set(t.answer, '{{choice}}', to_jsonb({CHOICES}))",
                    answered_at="t.answered_at + i.id * interval '1 second'")
            + """ FROM annotation_item i JOIN annotation_assignment l ON l.item_id = i.id
                  JOIN annotation_annotation t ON t.id = %(annotation)s
                  WHERE i.queue_id = %(queue)s AND i.id <> %(item)s ORDER BY i.id""",
            values,
        )  # fmt: skip
        sql.execute("DELETE FROM annotation_slot")
    with connection.cursor() as sql:
        sql.execute("VACUUM ANALYZE")
    assert Annotation.objects.count() == Item.objects.count()
