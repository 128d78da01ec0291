"""taskrouter.twilio.com/v1: the workspace, its tasks and its workers."""

from dataclasses import replace

from aiohttp import web

from middleware.simulator.answers import created, found, listed
from middleware.simulator.asks import known, posted, queried
from middleware.simulator.channels import read_attributes
from middleware.simulator.duty import change_worker
from middleware.simulator.expressions import holds
from middleware.simulator.keys import ACCOUNT
from middleware.simulator.nouns import Activity, Reservation, ReservationStatus, Task, TaskStatus, Worker, now
from middleware.simulator.refusals import Malformed, Unknown
from middleware.simulator.shapes_taskrouter import taskrouter_shapes
from middleware.simulator.tasks import add_task, answer_offer, move_task, sweep_after

_WORKSPACE = "/v1/Workspaces/{workspace}"
_TASK = _WORKSPACE + "/Tasks/{task}"
_ENDS = {TaskStatus.COMPLETED, TaskStatus.CANCELED}


def taskrouter_routes() -> list[web.RouteDef]:
    """Every route of this host."""
    return [
        web.get("/v1/Workspaces", list_workspaces),
        web.get(_WORKSPACE, fetch_workspace),
        web.get(_WORKSPACE + "/Tasks", list_tasks),
        web.post(_WORKSPACE + "/Tasks", create_task),
        web.get(_TASK, fetch_task),
        web.post(_TASK, update_task),
        web.get(_TASK + "/Reservations", list_reservations),
        web.get(_TASK + "/Reservations/{reservation}", fetch_reservation),
        web.post(_TASK + "/Reservations/{reservation}", update_reservation),
        web.get(_WORKSPACE + "/Workers", list_workers),
        web.get(_WORKSPACE + "/Workers/{worker}", fetch_worker),
        web.post(_WORKSPACE + "/Workers/{worker}", update_worker),
        web.get(_WORKSPACE + "/Activities", list_activities),
        web.get(_WORKSPACE + "/Activities/{activity}", fetch_activity),
    ]


async def list_workspaces(request: web.Request) -> web.Response:
    """List the one workspace there is."""
    shape = taskrouter_shapes(request).workspace()
    return listed(request, "workspaces", [shape], shape=dict)


async def fetch_workspace(request: web.Request) -> web.Response:
    """Show the workspace."""
    _check_workspace(request)
    return found(taskrouter_shapes(request).workspace())


async def list_tasks(request: web.Request) -> web.Response:
    """List the tasks, or those in some states, or those whose attributes satisfy an expression."""
    _check_workspace(request)
    ask = queried(request)
    expression = ask.text("EvaluateTaskAttributes")
    states = {state for told in ask.many("AssignmentStatus") or () for state in told.split(",")}
    tasks = [
        task
        for task in request.app[ACCOUNT].tables.tasks.values()
        if (not states or task.status in states)
        and (not expression or holds(expression, read_attributes(task.attributes)))
    ]
    return listed(request, "tasks", tasks, shape=taskrouter_shapes(request).task)


async def create_task(request: web.Request) -> web.Response:
    """Put a task before the workers."""
    _check_workspace(request)
    ask = await posted(request)
    told = {
        "attributes": ask.json("Attributes"),
        "priority": ask.number("Priority"),
        "timeout": ask.number("Timeout"),
        "channel": ask.text("TaskChannel"),
    }
    return created(taskrouter_shapes(request).task(add_task(request.app[ACCOUNT], Task(**known(told)))))


async def fetch_task(request: web.Request) -> web.Response:
    """Show a task."""
    return found(taskrouter_shapes(request).task(_task(request)))


async def update_task(request: web.Request) -> web.Response:
    """Change a task's attributes, or move it on; ending it needs a reason and calls the janitor."""
    account, ask, task = request.app[ACCOUNT], await posted(request), _task(request)
    to, reason = ask.choice("AssignmentStatus", TaskStatus), ask.text("Reason")
    if to in _ENDS and not reason:
        raise Malformed(f"Missing required parameter Reason in the post body: a task that is {to} needs one")
    told = {"attributes": ask.json("Attributes"), "priority": ask.number("Priority")}
    task = replace(task, **known(told), updated=now())
    account.tables.tasks[task.sid] = task
    if to is not None:
        task = move_task(account, task, to, reason=reason)
    if to in _ENDS:
        sweep_after(account, task)
    account.changed()
    return found(taskrouter_shapes(request).task(task))


async def list_reservations(request: web.Request) -> web.Response:
    """List whom a task was offered to."""
    ask = queried(request)
    status, worker = ask.choice("ReservationStatus", ReservationStatus), ask.sid("WorkerSid", "WK")
    offers = [
        offer
        for offer in request.app[ACCOUNT].tables.reservations[_task(request).sid].values()
        if status in (None, offer.status) and worker in (None, offer.worker_sid)
    ]
    return listed(request, "reservations", offers, shape=taskrouter_shapes(request).reservation)


async def fetch_reservation(request: web.Request) -> web.Response:
    """Show an offer."""
    return found(taskrouter_shapes(request).reservation(_reservation(request)))


async def update_reservation(request: web.Request) -> web.Response:
    """Accept or reject an offer. Joining the channel is the agent's own deed, not TaskRouter's."""
    offer = _reservation(request)
    answer = (await posted(request)).choice("ReservationStatus", ReservationStatus)
    if answer is not None:
        offer = answer_offer(request.app[ACCOUNT], offer, answer)
    return found(taskrouter_shapes(request).reservation(offer))


async def list_workers(request: web.Request) -> web.Response:
    """List the workers, or those whose attributes satisfy an expression."""
    _check_workspace(request)
    ask = queried(request)
    expression, name = ask.text("TargetWorkersExpression"), ask.text("FriendlyName")
    workers = [
        worker
        for worker in request.app[ACCOUNT].tables.workers.values()
        if (not expression or holds(expression, read_attributes(worker.attributes)))
        and name in (None, worker.friendly_name)
    ]
    return listed(request, "workers", workers, shape=taskrouter_shapes(request).worker)


async def fetch_worker(request: web.Request) -> web.Response:
    """Show a worker."""
    return found(taskrouter_shapes(request).worker(_worker(request)))


async def update_worker(request: web.Request) -> web.Response:
    """Change a worker; one who becomes available is offered what waits."""
    account, ask, old = request.app[ACCOUNT], await posted(request), _worker(request)
    activity = ask.sid("ActivitySid", "WA") or old.activity_sid
    if activity not in account.tables.activities:
        raise Malformed(f"ActivitySid {activity} is not an activity of this workspace")
    told = {"attributes": ask.json("Attributes"), "friendly_name": ask.text("FriendlyName")}
    worker = change_worker(account, replace(old, **known(told), activity_sid=activity))
    return found(taskrouter_shapes(request).worker(worker))


async def list_activities(request: web.Request) -> web.Response:
    """List what workers can be doing."""
    _check_workspace(request)
    ask = queried(request)
    name, available = ask.text("FriendlyName"), ask.flag("Available")
    activities = [
        activity
        for activity in request.app[ACCOUNT].tables.activities.values()
        if name in (None, activity.friendly_name) and available in (None, activity.available)
    ]
    return listed(request, "activities", activities, shape=taskrouter_shapes(request).activity)


async def fetch_activity(request: web.Request) -> web.Response:
    """Show an activity."""
    return found(taskrouter_shapes(request).activity(_activity(request)))


def _check_workspace(request: web.Request) -> None:
    if request.match_info["workspace"] != request.app[ACCOUNT].seed.workspace_sid:
        raise Unknown(request.path)


def _task(request: web.Request) -> Task:
    _check_workspace(request)
    task = request.app[ACCOUNT].tables.tasks.get(request.match_info["task"])
    if task is None:
        raise Unknown(request.path)
    return task


def _reservation(request: web.Request) -> Reservation:
    offers = request.app[ACCOUNT].tables.reservations[_task(request).sid]
    offer = offers.get(request.match_info["reservation"])
    if offer is None:
        raise Unknown(request.path)
    return offer


def _worker(request: web.Request) -> Worker:
    _check_workspace(request)
    worker = request.app[ACCOUNT].tables.workers.get(request.match_info["worker"])
    if worker is None:
        raise Unknown(request.path)
    return worker


def _activity(request: web.Request) -> Activity:
    _check_workspace(request)
    activity = request.app[ACCOUNT].tables.activities.get(request.match_info["activity"])
    if activity is None:
        raise Unknown(request.path)
    return activity
