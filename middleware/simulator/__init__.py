"""A pretend Twilio: one account that answers as Twilio does, calls webhooks as Twilio does, and has an agents' desk."""

from middleware.simulator.app import build_simulator, serve_simulator
from middleware.simulator.courier import Pace
from middleware.simulator.keys import ACCOUNT, COURIER, LOG, MISCHIEF
from middleware.simulator.mischief import PRESETS, Fault, Plan, Rule
from middleware.simulator.seed import Seed
from middleware.simulator.wirelog import Entry, HookEntry, RestEntry, WireLog

__all__ = [
    "ACCOUNT",
    "COURIER",
    "LOG",
    "MISCHIEF",
    "PRESETS",
    "Entry",
    "Fault",
    "HookEntry",
    "Pace",
    "Plan",
    "RestEntry",
    "Rule",
    "Seed",
    "WireLog",
    "build_simulator",
    "serve_simulator",
]
