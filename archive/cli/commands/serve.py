"""`luutru serve`: API and web pages on one port."""

from __future__ import annotations

import ipaddress
import socket

from archive.cli.command import command, option
from archive.cli.exit_codes import ExitCode
from archive.cli.speech import Speaker
from archive.composition import Archive
from metadata.errors import UsageError

_LAST_ANSWERS_SECONDS = 10
"""How long a stopping server waits for answers that are under way; an upload goes on after the next start."""


@command("serve")
@option("--host", key="serve.host")
@option("--port", key="serve.port", type=int)
def serve(speak: Speaker, host: str | None, port: int | None) -> int:
    """See the message `serve.help`."""
    import uvicorn  # noqa: PLC0415 - only this command needs a server

    from archive.api.application import make_application  # noqa: PLC0415

    with Archive.opened() as archive:
        address = host or archive.settings.serve.host
        _refuse_others(speak, address)
        with (
            socket.create_server((address, archive.settings.serve.port if port is None else port)) as listener,
            archive.executor(),
        ):
            bound, number = listener.getsockname()[:2]
            speak.say("serve.started", url=f"http://{bound}:{number}/")
            config = uvicorn.Config(
                make_application(archive),
                log_level="warning",
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=_LAST_ANSWERS_SECONDS,
            )
            uvicorn.Server(config).run(sockets=[listener])
    return int(ExitCode.OK)


def _refuse_others(speak: Speaker, host: str) -> None:
    """Until people can sign in, nobody but the machine's own users may reach the archive."""
    try:
        loopback = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise UsageError(speak.text("serve.loopback_only", host=host))
