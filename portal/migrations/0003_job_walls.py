"""Row-level security of jobs; a job that has ended never changes again."""

from typing import ClassVar

from django.db import migrations

from portal.db import child_table, tenant_table

FINAL_IS_FINAL = """
CREATE FUNCTION portal_jobrun_final_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state IN ('succeeded', 'compensated', 'failed', 'quarantined', 'cancelled')
        AND NEW.state IS DISTINCT FROM OLD.state THEN
        RAISE EXCEPTION 'job % has ended as %', OLD.id, OLD.state
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [("portal", "0002_jobs")]

    operations: ClassVar = [
        tenant_table("portal_jobrun"),
        *(
            child_table(f"portal_{table}", "job_id", "portal_jobrun")
            for table in ("jobstep", "joblog", "jobattempt")
        ),
        migrations.RunSQL(
            [
                FINAL_IS_FINAL,
                "CREATE TRIGGER final_is_final BEFORE UPDATE ON portal_jobrun"
                " FOR EACH ROW EXECUTE FUNCTION portal_jobrun_final_is_final()",
            ],
            [
                "DROP TRIGGER final_is_final ON portal_jobrun",
                "DROP FUNCTION portal_jobrun_final_is_final()",
            ],
        ),
    ]
