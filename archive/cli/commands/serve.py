"""`luutru serve`: API and web pages on one port."""

from __future__ import annotations

import gc
import ipaddress
import socket
import ssl
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from types import FrameType
from typing import TYPE_CHECKING

from archive.cli.calls import Calls
from archive.cli.command import command, option
from archive.cli.commands.worker import ended_by_signal
from archive.cli.crew import Crew
from archive.cli.exit_codes import ExitCode
from archive.cli.speech import Speaker
from archive.composition import Archive
from archive.memory import share_memory_between_threads
from archive.settings import ServeSettings
from metadata.errors import UsageError

if TYPE_CHECKING:
    from archive.api.application import Application

_LAST_ANSWERS_SECONDS = 10
"""How long a stopping server waits for answers that are under way; an upload goes on after the next start."""

_LAST_WORK_SECONDS = 20
"""How long more the process that works may take to end what it has begun; what it leaves, the next start takes up."""

_TURN_SECONDS = 0.0005
"""How long a thread keeps the interpreter while others want it. A page asks the database some thirty times and has to
get it back each time: with Python's own 5 ms it waits for its neighbours longer than for anything else."""

_NEW_OBJECTS = 10_000
"""So many more than went, and the collector looks for cycles among them: with Python's own 700 it does ten times a
page."""

_CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""Of TLS 1.2: forward secrecy and authenticated encryption only. TLS 1.3 has no others."""


@command("serve")
@option("--host", key="serve.host")
@option("--port", key="serve.port", type=int)
def serve(speak: Speaker, host: str | None, port: int | None) -> int:
    """See the message `serve.help`."""
    # Not for who only asks for help; before any process forks, for all of them share it.
    from archive.api.application import make_application  # noqa: PLC0415

    with Archive.opened() as archive:
        settings = archive.settings.serve
        address = host or settings.host
        _check_reach(speak, settings, address)
        tls = _tls(speak, settings)
        share_memory_between_threads()
        with ExitStack() as stack:
            wanted = settings.port if port is None else port
            listeners = [stack.enter_context(one) for one in listening(address, wanted, settings.processes)]
            bound, number = listeners[0].getsockname()[:2]
            speak.say("serve.started", url=f"{'https' if tls else 'http'}://{bound}:{number}/")
            if len(listeners) > 1:
                return _several(archive, listeners, tls)
            with archive.executor():
                _answer(make_application(archive), listeners[0], tls)
    return int(ExitCode.OK)


def _several(archive: Archive, listeners: Sequence[socket.socket], tls: ssl.SSLContext | None) -> int:
    """One process works, as many as there are listeners answer; this one has opened nothing yet, and watches."""
    from archive.api.application import make_application  # noqa: PLC0415 - see `serve`
    from archive.api.people import Limits  # noqa: PLC0415
    from archive.api.upkeep import Upkeep  # noqa: PLC0415

    calls, limits = Calls(), Limits(archive.settings.serve, archive.clock)

    def work() -> int:
        with Archive.opened() as working, working.executor() as executor, ended_by_signal() as stop:
            upkeep = Upkeep(working)
            with upkeep.kept_up(), calls.heard(executor.recover, upkeep.exporting.wake):
                stop.wait()
        return int(ExitCode.OK)

    def answer(listener: socket.socket) -> int:
        with Archive.opened() as answering:
            _answer(make_application(answering, limits, calls), listener, tls)
        return int(ExitCode.OK)

    answering = {f"answers-{number}": partial(answer, listener) for number, listener in enumerate(listeners, 1)}
    return Crew({"work": work} | answering, _LAST_ANSWERS_SECONDS + _LAST_WORK_SECONDS).run()


def _answer(application: Application, listener: socket.socket, tls: ssl.SSLContext | None) -> None:
    """Answer whoever comes by `listener`, until the process is told to end."""
    import uvicorn  # noqa: PLC0415 - only who answers needs it

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
    # The application is there for good: a collector that walked through it again and again would stop every answer.
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS)
    Server(config).run(sockets=[listener])


def listening(host: str, port: int, count: int = 1) -> list[socket.socket]:
    """Sockets of one address, whose connections send what they have at once; the kernel deals them out.

    asyncio sees to the first for sockets that it made itself alone. Others keep the body of an answer back until the
    browser has acknowledged its head, and a browser takes 40 ms for that.

    Raises:
        OSError: the address is not this machine's, or taken.
    """
    listeners = [socket.create_server((host, port))]
    if count > 1:
        # Sockets that share an address would share it with another server of ours, too: that it is free is seen alone.
        with listeners.pop() as alone:
            number = alone.getsockname()[1]
        listeners = [socket.create_server((host, number), reuse_port=True) for _ in range(count)]
    for listener in listeners:
        # Connections that it accepts have it from the one that listens.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listeners


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
