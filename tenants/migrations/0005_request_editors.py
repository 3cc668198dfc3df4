"""Who edited a draft is one of those who ask, and is known without looking into its history."""

from typing import ClassVar

from django.db import migrations, models

# What the history says of drafts that were edited before; the owner sees all rows.
EDITORS = """
    UPDATE tenants_capacityrequest AS request SET edited_by_ids = edits.ids
    FROM (
        SELECT request_id, jsonb_agg(DISTINCT actor_id) AS ids FROM tenants_requestevent
        WHERE verb = 'edit' AND actor_id IS NOT NULL GROUP BY request_id
    ) AS edits
    WHERE edits.request_id = request.id
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [("tenants", "0004_request_walls")]

    operations: ClassVar = [
        migrations.AddField(
            model_name="capacityrequest",
            name="edited_by_ids",
            field=models.JSONField(default=list),
        ),
        migrations.RunSQL(sql=EDITORS, reverse_sql=migrations.RunSQL.noop),
    ]
