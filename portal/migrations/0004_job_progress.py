"""How near to its end a step has come; a deadline belongs to what a job works for, not to it."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("portal", "0003_job_walls")]

    operations: ClassVar = [
        migrations.RemoveField(model_name="jobrun", name="deadline_at"),
        migrations.AddField(
            model_name="jobstep",
            name="least_left",
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
    ]
