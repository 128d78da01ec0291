"""Whether an agent works, and what becomes of the offers they do not want."""

from dataclasses import replace

from middleware.simulator.account import Account
from middleware.simulator.agent import Impossible, accept
from middleware.simulator.nouns import Reservation, ReservationStatus, Task, TaskStatus, Worker, now
from middleware.simulator.tasks import answer_offer, offer_waiting, pending_offer


def change_worker(account: Account, worker: Worker) -> Worker:
    """Put the changed worker in place of the old one; one who becomes available is offered what waits."""
    old = account.tables.workers[worker.sid]
    moved = old.status_changed if worker.activity_sid == old.activity_sid else now()
    changed = replace(worker, status_changed=moved, updated=now())
    account.tables.workers[worker.sid] = changed
    offer_waiting(account)
    account.changed()
    return changed


def decline(account: Account, task: Task) -> Task:
    """Say no: the task goes back to the queue, and is not offered to this agent again."""
    offer = pending_offer(account, task)
    if offer is None:
        raise Impossible(f"Task {task.sid} is {task.status}: only a reserved task can be declined.")
    answer_offer(account, offer, ReservationStatus.REJECTED)
    offer_waiting(account)
    return account.tables.tasks[task.sid]


def take(account: Account, task: Task) -> Task:
    """Take a task out of the queue that is offered to nobody, as a supervisor assigns it: reserve it, and accept."""
    if task.status is not TaskStatus.PENDING:
        raise Impossible(f"Task {task.sid} is {task.status}: only one that waits in the queue can be taken.")
    offer = Reservation(task_sid=task.sid, worker_sid=account.seed.worker_sid)
    account.tables.reservations[task.sid][offer.sid] = offer
    reserved = replace(task, status=TaskStatus.RESERVED, updated=now())
    account.tables.tasks[task.sid] = reserved
    return accept(account, reserved)
