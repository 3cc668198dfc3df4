"""Put what belongs to tenants behind row-level security."""

from django.db import migrations

from portal.db import tenant_table

TABLES = ("namespace", "namespaceclaim", "pod", "resourcequotafact", "workloadfact")


class Migration(migrations.Migration):
    dependencies = [("inventory", "0001_initial")]

    operations = [tenant_table(f"inventory_{table}") for table in TABLES]
