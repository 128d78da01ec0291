"""What a simulator's application holds, by key."""

from aiohttp import web

from middleware.simulator.account import Account
from middleware.simulator.courier import Courier
from middleware.simulator.mischief import Mischief
from middleware.simulator.wirelog import WireLog

ACCOUNT = web.AppKey("account", Account)
LOG = web.AppKey("log", WireLog)
COURIER = web.AppKey("courier", Courier)
MISCHIEF = web.AppKey("mischief", Mischief)
