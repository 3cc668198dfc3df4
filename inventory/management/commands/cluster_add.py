"""manage.py cluster_add NAME --kubeconfig FILE: register a cluster, or hand in its credential."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from inventory.k8s.kubeconfig import MAX_BYTES, parse_kubeconfig
from inventory.models import Cluster
from inventory.services.clusters import cluster_credential_rotate, cluster_register
from portal.errors import BerthError, Invalid
from portal.scope import scope
from portal.viewer import Viewer


class Command(BaseCommand):
    """Reads the files that the kubeconfig names: whoever runs this has them anyway."""

    help = "Register a cluster from a kubeconfig; one of that name gets the new credential."

    def add_arguments(self, parser: CommandParser) -> None:
        """Name, title, file and context."""
        parser.add_argument("name")
        parser.add_argument("--kubeconfig", required=True, help="a file, or - for standard input")
        parser.add_argument("--context", default="", help="which context, where there are several")
        parser.add_argument("--title", default="")

    def handle(self, **options: Any) -> None:
        """Register or rotate; the connection test follows as a job."""
        path, name = options["kubeconfig"], options["name"]
        folder = Path.cwd() if path == "-" else Path(path).resolve().parent
        viewer = Viewer.system("command line")
        try:
            parsed = parse_kubeconfig(_text(path), context=options["context"], files_from=folder)
            with scope(viewer):
                if Cluster.objects.present().filter(name=name).exists():
                    cluster_credential_rotate(name=name, kubeconfig=parsed, viewer=viewer)
                    self.stdout.write(f"The cluster {name} has the new credential.")
                    return
                title = options["title"] or name
                cluster_register(name=name, title=title, kubeconfig=parsed, viewer=viewer)
        except Invalid as problem:
            sentences = [str(s) for field in problem.fields.values() for s in field]
            raise CommandError(" ".join(sentences) or str(problem)) from None
        except BerthError as problem:
            raise CommandError(str(problem)) from None
        self.stdout.write(f"The cluster {name} is registered; its connection is being tested.")


def _text(path: str) -> str:
    try:
        if path == "-":
            return sys.stdin.read(MAX_BYTES + 1)
        with Path(path).open(encoding="utf-8") as file:
            return file.read(MAX_BYTES + 1)
    except (OSError, UnicodeDecodeError) as problem:
        msg = f"The kubeconfig {path} can't be read: {problem}"
        raise CommandError(msg) from None
