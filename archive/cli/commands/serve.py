"""`luutru serve`: API and web pages on one port."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import sys
from types import FrameType

from archive.cli.command import command, option
from archive.cli.exit_codes import ExitCode
from archive.cli.speech import Speaker
from archive.composition import Archive
from archive.settings import ServeSettings
from metadata.errors import UsageError

_LAST_ANSWERS_SECONDS = 10
"""How long a stopping server waits for answers that are under way; an upload goes on after the next start."""

_TURN_SECONDS = 0.0005
"""How long a thread keeps the interpreter while others want it. A page asks the database some thirty times and has to
get it back each time: with Python's own 5 ms it waits for its neighbours longer than for anything else."""

_CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""Of TLS 1.2: forward secrecy and authenticated encryption only. TLS 1.3 has no others."""


@command("serve")
@option("--host", key="serve.host")
@option("--port", key="serve.port", type=int)
def serve(speak: Speaker, host: str | None, port: int | None) -> int:
    """See the message `serve.help`."""
    import uvicorn  # noqa: PLC0415 - only this command needs a server

    from archive.api.application import make_application  # noqa: PLC0415

    with Archive.opened() as archive:
        settings = archive.settings.serve
        address = host or settings.host
        _check_reach(speak, settings, address)
        tls = _tls(speak, settings)
        with listening(address, settings.port if port is None else port) as listener, archive.executor():
            bound, number = listener.getsockname()[:2]
            speak.say("serve.started", url=f"{'https' if tls else 'http'}://{bound}:{number}/")
            application = make_application(archive)

            class Server(uvicorn.Server):
                """Tells those who follow a delivery that it ends: their answers would hold it up."""

                def handle_exit(self, sig: int, frame: FrameType | None) -> None:
                    application.state.stopping.set()
                    super().handle_exit(sig, frame)

            config = uvicorn.Config(
                application,
                log_level="warning",
                access_log=False,
                server_header=False,
                # `archive.api.connections` believes the listed proxies, and them alone.
                proxy_headers=False,
                ssl_context_factory=(lambda *_: tls) if tls else None,
                timeout_graceful_shutdown=_LAST_ANSWERS_SECONDS,
            )
            sys.setswitchinterval(_TURN_SECONDS)
            Server(config).run(sockets=[listener])
    return int(ExitCode.OK)


def listening(host: str, port: int) -> socket.socket:
    """A socket whose connections send what they have at once.

    asyncio sees to that for sockets that it made itself alone. Others keep the body of an answer back until the browser
    has acknowledged its head, and a browser takes 40 ms for that.

    Raises:
        OSError: the address is not this machine's, or taken.
    """
    listener = socket.create_server((host, port))
    # Connections that it accepts have it from the one that listens.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _check_reach(speak: Speaker, settings: ServeSettings, host: str) -> None:
    """Others reach the archive only over lines that nobody listens to, and by names that are known.

    Raises:
        UsageError: by this address they would.
    """
    try:
        loopback = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host).is_loopback
    except ValueError:
        loopback = False
    if loopback:
        return
    if settings.tls_cert is None and not settings.proxies:
        raise UsageError(speak.text("serve.plain", host=host))
    if not settings.hosts:
        raise UsageError(speak.text("serve.nameless", host=host))


def _tls(speak: Speaker, settings: ServeSettings) -> ssl.SSLContext | None:
    if settings.tls_cert is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(_CIPHERS)
    try:
        context.load_cert_chain(settings.tls_cert, settings.tls_key)
    except OSError as error:
        raise UsageError(speak.text("serve.certificate", file=settings.tls_cert, why=error)) from error
    return context
