"""Audit, live events, notices, idempotent answers, and the installation's own row."""

from typing import ClassVar

import django.db.models.functions.datetime
from django.db import migrations, models

from portal.migrations import _audit_chain

# A notice of no tenant belongs to its reader alone; which reader is the query's business.
NOTICE_WALL = """
    CREATE POLICY berth_tenant ON portal_notice USING (
        (SELECT current_setting('berth.all', true)) = 'on'
        OR (tenant_key = '' AND (SELECT current_setting('berth.tenants', true)) IS NOT NULL)
        OR tenant_key = ANY(
            (SELECT string_to_array(current_setting('berth.tenants', true), ','))::text[])
    )
"""


class Migration(migrations.Migration):
    initial = True

    dependencies: ClassVar = []

    operations: ClassVar = [
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("actor_user_id", models.BigIntegerField(null=True)),
                ("actor_label", models.CharField(max_length=200)),
                ("actor_kind", models.CharField(max_length=12)),
                ("verb", models.CharField(max_length=60)),
                ("target_type", models.CharField(max_length=60)),
                ("target_id", models.CharField(max_length=120)),
                ("tenant_key", models.CharField(blank=True, default="", max_length=40)),
                ("before", models.JSONField(null=True)),
                ("after", models.JSONField(null=True)),
                ("reason", models.TextField(blank=True, default="")),
                ("request_id", models.CharField(blank=True, default="", max_length=64)),
                ("job_id", models.BigIntegerField(null=True)),
                ("chain_key", models.CharField(blank=True, default="", max_length=40)),
                ("chain_seq", models.BigIntegerField(null=True)),
                ("prev_hash", models.BinaryField(null=True)),
                ("hash", models.BinaryField(null=True)),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [
                    models.Index(fields=["tenant_key", "-id"], name="audit_tenant"),
                    models.Index(fields=["target_type", "target_id", "-id"], name="audit_target"),
                    models.Index(fields=["actor_user_id", "-id"], name="audit_actor"),
                    models.Index(
                        condition=models.Q(("hash__isnull", True)),
                        fields=["id"],
                        name="audit_unsealed",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("chain_key", "chain_seq"), name="audit_chain_unique"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="AuditHead",
            fields=[
                ("chain_key", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("seq", models.BigIntegerField()),
                ("hash", models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name="IdempotentAnswer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("principal", models.CharField(max_length=80)),
                ("key", models.CharField(max_length=128)),
                ("request_digest", models.BinaryField()),
                ("status", models.PositiveSmallIntegerField()),
                ("headers", models.JSONField(default=dict)),
                ("body", models.BinaryField()),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["created_at"], name="idempotency_created")],
                "constraints": [
                    models.UniqueConstraint(fields=("principal", "key"), name="idempotency_unique")
                ],
            },
        ),
        migrations.CreateModel(
            name="Installation",
            fields=[
                (
                    "id",
                    models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False),
                ),
                ("key", models.CharField(max_length=40)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("id", 1)), name="installation_only_one"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="LiveTopic",
            fields=[
                ("topic", models.CharField(max_length=160, primary_key=True, serialize=False)),
                ("seq", models.BigIntegerField()),
                ("updated_at", models.DateTimeField()),
            ],
            options={
                "indexes": [models.Index(fields=["updated_at"], name="live_topic_updated")],
            },
        ),
        migrations.CreateModel(
            name="Notice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("user_id", models.BigIntegerField()),
                ("tenant_key", models.CharField(blank=True, default="", max_length=40)),
                ("kind", models.CharField(max_length=60)),
                ("params", models.JSONField(default=dict)),
                ("url", models.CharField(blank=True, default="", max_length=300)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                ("in_bell", models.BooleanField(default=True)),
                ("read_at", models.DateTimeField(null=True)),
                (
                    "email_state",
                    models.CharField(
                        choices=[
                            ("none", "Not wanted"),
                            ("queued", "To be sent"),
                            ("sending", "Being sent"),
                            ("sent", "Sent"),
                            ("failed", "Failed"),
                            ("unknown", "Interrupted"),
                        ],
                        db_default="none",
                        default="none",
                        max_length=8,
                    ),
                ),
                ("email_attempts", models.PositiveSmallIntegerField(db_default=0, default=0)),
                ("email_due_at", models.DateTimeField(null=True)),
                (
                    "email_error",
                    models.CharField(blank=True, db_default="", default="", max_length=200),
                ),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [
                    models.Index(fields=["user_id", "-id"], name="notice_user"),
                    models.Index(
                        condition=models.Q(("in_bell", True), ("read_at__isnull", True)),
                        fields=["user_id"],
                        name="notice_unread",
                    ),
                    models.Index(
                        condition=models.Q(("email_state__in", ["queued", "sending"])),
                        fields=["email_due_at"],
                        name="notice_email_due",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="NoticePreference",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("user_id", models.BigIntegerField()),
                ("kind", models.CharField(max_length=60)),
                ("bell", models.BooleanField()),
                ("email", models.BooleanField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("user_id", "kind"), name="notice_preference_unique"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="OutboxEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("topic", models.CharField(max_length=160)),
                ("kind", models.CharField(max_length=40)),
                ("ids", models.JSONField(default=dict)),
                ("ids_digest", models.CharField(max_length=32)),
                ("transaction_id", models.BigIntegerField()),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                ("published_at", models.DateTimeField(null=True)),
                ("seq", models.BigIntegerField(null=True)),
            ],
            options={
                "ordering": ["id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("published_at__isnull", True)),
                        fields=["id"],
                        name="outbox_unpublished",
                    ),
                    models.Index(fields=["published_at"], name="outbox_published"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("published_at__isnull", True)),
                        fields=("transaction_id", "topic", "kind", "ids_digest"),
                        name="outbox_once_a_transaction",
                    )
                ],
            },
        ),
        migrations.RunSQL(sql=_audit_chain.CREATE, reverse_sql=_audit_chain.DROP),
        migrations.RunSQL(
            sql=["ALTER TABLE portal_notice ENABLE ROW LEVEL SECURITY", NOTICE_WALL],
            reverse_sql=[
                "DROP POLICY berth_tenant ON portal_notice",
                "ALTER TABLE portal_notice DISABLE ROW LEVEL SECURITY",
            ],
        ),
    ]
