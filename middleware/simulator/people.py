"""What can be done with users and members; every deed is published when its doer is heard."""

from dataclasses import replace

from middleware.simulator.account import Account
from middleware.simulator.events import Actor, EventType, by_api, member_event, user_event
from middleware.simulator.nouns import Member, User, now
from middleware.simulator.refusals import Refusal


def add_user(account: Account, user: User, *, by: Actor) -> User:
    """Make a user; an identity belongs to one only."""
    if user.identity in account.tables.by_identity:
        raise Refusal(409, 50201, f"User already exists: {user.identity}")
    account.tables.users[user.sid] = user
    account.tables.by_identity[user.identity] = user.sid
    account.publish(user_event(EventType.USER_ADDED, user, by), by)
    return user


def change_user(account: Account, user: User, *, by: Actor) -> User:
    """Put the changed user in place of the old one."""
    changed = replace(user, updated=now())
    account.tables.users[user.sid] = changed
    account.publish(user_event(EventType.USER_UPDATED, changed, by), by)
    return changed


def known_user(account: Account, identity: str, *, name: str | None = None) -> User:
    """The user of this identity, made now when there is none (joining a channel makes one)."""
    sid = account.tables.by_identity.get(identity)
    if sid is not None:
        return account.tables.users[sid]
    user = User(identity=identity, friendly_name=name, role_sid=account.seed.service_role_sid)
    return add_user(account, user, by=by_api(heard=False))


def member_of(account: Account, channel_sid: str, key: str) -> Member | None:
    """The member with this sid or identity, if the channel has one."""
    members = account.tables.members[channel_sid]
    return members.get(key) or next((member for member in members.values() if member.identity == key), None)


def add_member(account: Account, member: Member, *, by: Actor) -> Member:
    """Let somebody into a channel, once, while it has room."""
    members = account.tables.members[member.channel_sid]
    if member_of(account, member.channel_sid, member.identity):
        raise Refusal(409, 50404, f"Member already exists: {member.identity}")
    if len(members) >= account.tables.service.channel_members:
        raise Refusal(403, 50403, "Channel member limit exceeded")
    known_user(account, member.identity)
    members[member.sid] = member
    account.publish(member_event(EventType.MEMBER_ADDED, member, by), by)
    return member


def change_member(account: Account, member: Member, *, by: Actor) -> Member:
    """Put the changed member in place of the old one."""
    changed = replace(member, updated=now())
    account.tables.members[member.channel_sid][member.sid] = changed
    account.publish(member_event(EventType.MEMBER_UPDATED, changed, by), by)
    return changed


def remove_member(account: Account, member: Member, *, by: Actor, reason: str) -> None:
    """Take somebody out of a channel; `reason` is LEFT when they went themselves."""
    del account.tables.members[member.channel_sid][member.sid]
    gone = replace(member, updated=now())
    account.publish(member_event(EventType.MEMBER_REMOVED, gone, by, reason=reason), by)
