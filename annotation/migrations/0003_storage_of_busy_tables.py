"""The busiest tables keep room for heap-only updates and are vacuumed by a fixed number of dead rows."""

from django.db import migrations

SETTINGS = {
    "annotation_slot": "fillfactor = 80, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000",
    "annotation_cursor": "fillfactor = 50",
}
NAMES = {
    "annotation_slot": "fillfactor, autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold",
    "annotation_cursor": "fillfactor",
}


class Migration(migrations.Migration):
    dependencies = [("annotation", "0002_append_only")]

    operations = [
        migrations.RunSQL(f"ALTER TABLE {table} SET ({SETTINGS[table]});", f"ALTER TABLE {table} RESET ({NAMES[table]});")
        for table in SETTINGS
    ]
