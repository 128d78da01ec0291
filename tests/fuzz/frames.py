"""Coverage-guided fuzz of what reads frames and asks: `python -m tests.fuzz.frames CORPUS [libFuzzer's options]`.

Anything but a value, `BadFrame` or `BadAsk` is a finding, and ends the run with the input that caused it.
"""

import sys
from contextlib import suppress

import atheris

with atheris.instrument_imports(include=["middleware.web"]):
    from middleware.relay.errors import BadAsk
    from middleware.web import frames, wire

_READERS = (wire.read_greeting, wire.read_open, wire.read_say, wire.read_text, wire.read_resume)


def read(data: bytes) -> None:
    """Read the data as the wall reads a frame."""
    with suppress(frames.BadFrame):
        frames.check_frame(data)
    text = data.decode(errors="replace")
    with suppress(frames.BadFrame):
        frame = frames.check_frame(text)
        if frame.startswith(frames.MESSAGE):
            _understand(frames.read_packet(frame[1:]))


def _understand(packet: frames.Packet) -> None:
    match packet:
        case frames.Connect():
            with suppress(BadAsk):
                wire.read_greeting(packet.auth)
        case frames.Event():
            for payload in packet.payloads:
                for reader in _READERS:
                    with suppress(BadAsk):
                        reader(payload)
        case _:
            return


if __name__ == "__main__":
    atheris.Setup(sys.argv, read)
    atheris.Fuzz()
