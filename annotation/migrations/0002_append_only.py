"""Answers, deployments and the audit log are append-only in the database itself."""

from django.db import migrations

TABLES = ["annotation_annotation", "annotation_deployment", "annotation_event"]

FUNCTION = """
CREATE FUNCTION flywheel_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
"""

TRIGGER = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION flywheel_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [("annotation", "0001_tables")]

    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION flywheel_append_only();"),
        *[
            migrations.RunSQL(TRIGGER.format(table=table), f"DROP TRIGGER append_only ON {table};")
            for table in TABLES
        ],
    ]
