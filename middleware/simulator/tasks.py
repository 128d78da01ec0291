"""Tasks and their reservations: who may do what when, and the janitor who tidies up afterwards."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from middleware.simulator.account import Account
from middleware.simulator.channels import change_channel, is_active, read_attributes, with_attributes, write_attributes
from middleware.simulator.events import by_api
from middleware.simulator.nouns import Reservation, ReservationStatus, Task, TaskStatus, Worker, now
from middleware.simulator.refusals import Malformed

# https://www.twilio.com/docs/taskrouter/api/task: what a request may ask for, and from where.
_LEGAL = {
    TaskStatus.CANCELED: {TaskStatus.PENDING, TaskStatus.RESERVED},
    TaskStatus.WRAPPING: {TaskStatus.ASSIGNED},
    TaskStatus.COMPLETED: {TaskStatus.ASSIGNED, TaskStatus.WRAPPING},
}
_RESERVATION_AT = {
    TaskStatus.CANCELED: ReservationStatus.CANCELED,
    TaskStatus.WRAPPING: ReservationStatus.WRAPPING,
    TaskStatus.COMPLETED: ReservationStatus.COMPLETED,
}
_LIVE = {ReservationStatus.PENDING, ReservationStatus.ACCEPTED, ReservationStatus.WRAPPING}


def add_task(account: Account, task: Task) -> Task:
    """Put a task before the workers: it is reserved at once when one is available."""
    account.tables.tasks[task.sid] = task
    account.tables.reservations[task.sid] = {}
    offer_waiting(account)
    account.changed()
    return account.tables.tasks[task.sid]


def offer_waiting(account: Account) -> None:
    """Offer every pending task to the first available worker."""
    worker = _available(account)
    if worker is None:
        return
    for task in [task for task in account.tables.tasks.values() if task.status is TaskStatus.PENDING]:
        if any(offer.worker_sid == worker.sid for offer in account.tables.reservations[task.sid].values()):
            continue  # this worker has said no
        reservation = Reservation(task_sid=task.sid, worker_sid=worker.sid)
        account.tables.reservations[task.sid][reservation.sid] = reservation
        _put(account, task, TaskStatus.RESERVED)


def move_task(account: Account, task: Task, to: TaskStatus, *, reason: str | None = None) -> Task:
    """Wrap, complete or cancel a task, if that is possible from where it is."""
    if task.status not in _LEGAL.get(to, ()):
        raise Malformed(f"Cannot set task {task.sid} to {to}: it is {task.status}")
    for reservation in account.tables.reservations[task.sid].values():
        if reservation.status in _LIVE:
            _put_reservation(account, reservation, _RESERVATION_AT[to])
    moved = _put(account, replace(task, reason=reason or task.reason), to)
    account.changed()
    return moved


def answer_offer(account: Account, reservation: Reservation, answer: ReservationStatus) -> Reservation:
    """A worker accepts (the task is assigned) or rejects (it waits for another) a pending reservation."""
    if reservation.status is not ReservationStatus.PENDING:
        raise Malformed(f"Reservation {reservation.sid} is {reservation.status}, it cannot be {answer}")
    if answer not in (ReservationStatus.ACCEPTED, ReservationStatus.REJECTED):
        raise Malformed(f"ReservationStatus {answer} cannot be set; use accepted or rejected")
    answered = _put_reservation(account, reservation, answer)
    accepted = answer is ReservationStatus.ACCEPTED
    task = account.tables.tasks[reservation.task_sid]
    _put(account, task, TaskStatus.ASSIGNED if accepted else TaskStatus.PENDING)
    account.changed()
    return answered


def pending_offer(account: Account, task: Task) -> Reservation | None:
    """The offer of the task that nobody has answered, if there is one."""
    offers = account.tables.reservations[task.sid].values()
    return next((offer for offer in offers if offer.status is ReservationStatus.PENDING), None)


def sweep_after(account: Account, task: Task) -> None:
    """The janitor: a task that ended outside Flex takes its channel along, if the flow wants that.

    That its write fires webhooks, as an API one, is this house's reading; nothing public says so.
    """
    channel_sid = channel_of(task)
    flex = account.tables.flex_channels.get(channel_sid or "")
    flow = account.tables.flows.get(flex.flow_sid) if flex else None
    channel = account.tables.channels.get(channel_sid or "")
    if flow and flow.janitor_enabled and channel and is_active(channel):
        change_channel(account, with_attributes(channel, status="INACTIVE"), by=by_api(heard=True))


def channel_of(task: Task) -> str | None:
    """The sid of the channel or conversation that a task is about, if it is about one."""
    told = read_attributes(task.attributes)
    sid = told.get("channelSid") or told.get("conversationSid")
    return sid if isinstance(sid, str) else None


def task_for(account: Account, channel_sid: str, extra: Mapping[str, Any]) -> Task:
    """Make the task of a channel, as Send to Flex does, and write its sid where Twilio writes it."""
    tables = account.tables
    flex = tables.flex_channels[channel_sid]
    channel = tables.channels[channel_sid]
    shown = read_attributes(channel.attributes).get("from") or flex.customer_name
    attributes = {
        "channelSid": channel_sid,
        "channelType": read_attributes(channel.attributes).get("channel_type", "custom"),
        "name": shown,
        "customerName": flex.customer_name,
        **extra,
    }
    integration = tables.flows[flex.flow_sid].integration if flex.flow_sid in tables.flows else {}
    task = add_task(
        account,
        Task(
            attributes=write_attributes(attributes),
            priority=int(integration.get("priority", 0)),
            timeout=int(integration.get("timeout", 86400)),
            channel=str(integration.get("channel", "default")),
        ),
    )
    tables.flex_channels[channel_sid] = replace(flex, task_sid=task.sid)
    change_channel(account, with_attributes(channel, task_sid=task.sid), by=by_api(heard=False))
    return task


def _available(account: Account) -> Worker | None:
    activities = account.tables.activities
    return next((w for w in account.tables.workers.values() if activities[w.activity_sid].available), None)


def _put(account: Account, task: Task, status: TaskStatus) -> Task:
    moved = replace(task, status=status, updated=now())
    account.tables.tasks[task.sid] = moved
    return moved


def _put_reservation(account: Account, reservation: Reservation, status: ReservationStatus) -> Reservation:
    moved = replace(reservation, status=status, updated=now())
    account.tables.reservations[reservation.task_sid][reservation.sid] = moved
    return moved
