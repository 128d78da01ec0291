"""A pretend Twilio: one account that answers as Twilio does, calls webhooks as Twilio does, and has an agents' desk."""

from middleware.simulator.app import build_simulator, serve_simulator
from middleware.simulator.courier import Pace
from middleware.simulator.keys import ACCOUNT, COURIER, LOG
from middleware.simulator.seed import Seed
from middleware.simulator.wirelog import Entry, HookEntry, RestEntry, WireLog

__all__ = [
    "ACCOUNT",
    "COURIER",
    "LOG",
    "Entry",
    "HookEntry",
    "Pace",
    "RestEntry",
    "Seed",
    "WireLog",
    "build_simulator",
    "serve_simulator",
]
