"""Switches mischief on and off at the desk."""

from aiohttp import web

from middleware.simulator.keys import MISCHIEF
from middleware.simulator.mischief import Plan
from middleware.simulator.mischief_plans import BadPlan, read_plan, show

_PATH = "/desk/api/mischief"


def mischief_routes() -> list[web.RouteDef]:
    """GET shows, PUT switches on, DELETE switches off."""
    return [web.get(_PATH, look), web.put(_PATH, switch_on), web.delete(_PATH, switch_off)]


async def look(request: web.Request) -> web.Response:
    """The plan in force and what it has done."""
    return web.json_response(show(request.app[MISCHIEF]))


async def switch_on(request: web.Request) -> web.Response:
    """Follow the plan in the body from now on."""
    try:
        plan = read_plan(await request.json())
    except BadPlan as bad:
        raise web.HTTPBadRequest(text=str(bad)) from None
    except ValueError:
        raise web.HTTPBadRequest(text="The body must be JSON.") from None
    request.app[MISCHIEF].switch(plan)
    return web.json_response(show(request.app[MISCHIEF]))


async def switch_off(request: web.Request) -> web.Response:
    """No mischief from now on; what is under way still arrives."""
    request.app[MISCHIEF].switch(Plan())
    return web.json_response(show(request.app[MISCHIEF]))
