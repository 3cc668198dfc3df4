"""An intent to make a namespace belongs to the namespace, not to one of its tenant's jobs."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """Berth was about to make it: false for all that have been seen."""

    dependencies: ClassVar = [("scheduling", "0002_walls")]
    operations: ClassVar = [
        migrations.AddField(
            model_name="tenantnamespace",
            name="meant",
            field=models.BooleanField(default=False),
        )
    ]
