"""TaskRouter's things as the REST API writes them."""

from aiohttp import web

from middleware.simulator.account import Account
from middleware.simulator.answers import Shape, origin, rest_date
from middleware.simulator.keys import ACCOUNT
from middleware.simulator.nouns import Activity, Reservation, Task, Worker, now


def taskrouter_shapes(request: web.Request) -> "TaskRouterShapes":
    """The shapes as this request's client should see them."""
    return TaskRouterShapes(request.app[ACCOUNT], origin(request))


class TaskRouterShapes:
    """Writes things with addresses that the client can follow."""

    def __init__(self, account: Account, origin: str) -> None:
        self._account = account
        seed = account.seed
        self._here = f"{origin}/v1/Workspaces/{seed.workspace_sid}"
        self._owner = {"account_sid": seed.account_sid, "workspace_sid": seed.workspace_sid}

    def workspace(self) -> Shape:
        """The one workspace."""
        seed = self._account.seed
        start = next(iter(self._account.tables.activities.values())).created
        parts = ("activities", "statistics", "task_queues", "tasks", "workers", "workflows", "task_channels", "events")
        return {
            "account_sid": seed.account_sid,
            "sid": seed.workspace_sid,
            "friendly_name": "Flex Task Assignment",
            "date_created": rest_date(start),
            "date_updated": rest_date(start),
            "default_activity_name": "Offline",
            "default_activity_sid": seed.offline_activity_sid,
            "timeout_activity_name": "Offline",
            "timeout_activity_sid": seed.offline_activity_sid,
            "event_callback_url": None,
            "events_filter": None,
            "multi_task_enabled": True,
            "prioritize_queue_order": "FIFO",
            "url": self._here,
            "links": {part: f"{self._here}/{part.title().replace('_', '')}" for part in parts},
        }

    def task(self, task: Task) -> Shape:
        """A task; `attributes` is JSON as text."""
        seed, here = self._account.seed, f"{self._here}/Tasks/{task.sid}"
        created = rest_date(task.created)
        return {
            **self._owner,
            "sid": task.sid,
            "age": int((now() - task.created).total_seconds()),
            "assignment_status": task.status,
            "attributes": task.attributes,
            "addons": "{}",
            "date_created": created,
            "date_updated": rest_date(task.updated),
            "task_queue_entered_date": created,
            "virtual_start_time": created,
            "priority": task.priority,
            "reason": task.reason,
            "task_queue_sid": seed.task_queue_sid,
            "task_queue_friendly_name": "Everyone",
            "task_channel_sid": seed.task_channel_sid,
            "task_channel_unique_name": task.channel,
            "timeout": task.timeout,
            "workflow_sid": seed.workflow_sid,
            "workflow_friendly_name": "Assign to Anyone",
            "ignore_capacity": False,
            "routing_target": None,
            "url": here,
            "links": {
                "task_queue": f"{self._here}/TaskQueues/{seed.task_queue_sid}",
                "workflow": f"{self._here}/Workflows/{seed.workflow_sid}",
                "workspace": self._here,
                "reservations": f"{here}/Reservations",
            },
        }

    def reservation(self, reservation: Reservation) -> Shape:
        """The offer of a task to a worker."""
        task, worker = f"{self._here}/Tasks/{reservation.task_sid}", reservation.worker_sid
        return {
            **self._owner,
            "sid": reservation.sid,
            "task_sid": reservation.task_sid,
            "worker_sid": worker,
            "worker_name": self._account.tables.workers[worker].friendly_name,
            "reservation_status": reservation.status,
            "date_created": rest_date(reservation.created),
            "date_updated": rest_date(reservation.updated),
            "url": f"{task}/Reservations/{reservation.sid}",
            "links": {"task": task, "worker": f"{self._here}/Workers/{worker}", "workspace": self._here},
        }

    def worker(self, worker: Worker) -> Shape:
        """A worker; `attributes` is JSON as text, with `contact_uri` and `full_name`."""
        activity = self._account.tables.activities[worker.activity_sid]
        here = f"{self._here}/Workers/{worker.sid}"
        return {
            **self._owner,
            "sid": worker.sid,
            "friendly_name": worker.friendly_name,
            "attributes": worker.attributes,
            "activity_name": activity.friendly_name,
            "activity_sid": activity.sid,
            "available": activity.available,
            "date_created": rest_date(worker.created),
            "date_updated": rest_date(worker.updated),
            "date_status_changed": rest_date(worker.status_changed),
            "url": here,
            "links": {
                "activity": f"{self._here}/Activities/{activity.sid}",
                "workspace": self._here,
                "channels": f"{here}/Channels",
                "reservations": f"{here}/Reservations",
            },
        }

    def activity(self, activity: Activity) -> Shape:
        """Something a worker can be doing."""
        return {
            **self._owner,
            "sid": activity.sid,
            "friendly_name": activity.friendly_name,
            "available": activity.available,
            "date_created": rest_date(activity.created),
            "date_updated": rest_date(activity.created),
            "url": f"{self._here}/Activities/{activity.sid}",
            "links": {"workspace": self._here},
        }
