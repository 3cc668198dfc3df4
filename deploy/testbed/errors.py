"""Errors of the test bed. Each message is a sentence that says what to do next."""


class BedError(Exception):
    """Something about a bed went wrong; the message is meant for the person at the keyboard."""


class FleetError(BedError):
    """A fleet file is not valid; the message names the file and the place in it."""


class BuildError(BedError):
    """A program of the control plane could not be built; the message names the build log."""


class ToolchainMissing(BuildError):
    """Go is absent or too old. Tests skip on this one and on no other."""


class ApiError(BedError):
    """The API server answered with a status of 400 or more.

    Attributes: `status` (HTTP code), `reason` (Kubernetes reason, may be empty), `body` (decoded).
    """

    def __init__(self, *, method: str, path: str, status: int, body: object) -> None:
        self.status = status
        self.body = body
        details = body if isinstance(body, dict) else {}
        self.reason = str(details.get("reason", ""))
        text = str(details.get("message", body))
        super().__init__(f"{method} {path} was answered with {status}: {text}")
