"""ASGI entry point: HTTP to Django, websockets to the one live consumer."""

from __future__ import annotations

import os
from typing import Any

from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application
from django.utils.module_loading import import_string

from portal.limits import BodyReader
from portal.threads import Threads

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django: Any = get_asgi_application()

# By name, since the consumer needs the apps that the line above has loaded.
websocket_application = import_string("portal.live.routing.websocket_application")

application = ProtocolTypeRouter(
    {"http": BodyReader(Threads(django)), "websocket": websocket_application()}
)
