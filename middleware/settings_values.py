"""What the settings' values may look like; whatever does not is told with what it should be."""

from pathlib import Path
from urllib.parse import urlsplit

from pydantic import AfterValidator, SecretStr

ANY = "*"
"""Every origin."""


def sid(kind: str, what: str) -> AfterValidator:
    """A Twilio sid of this kind."""

    def check(value: str) -> str:
        digits = value[2:]
        if not value.startswith(kind) or len(digits) != 32 or any(c not in "0123456789abcdefABCDEF" for c in digits):
            raise ValueError(f"must be {kind} and 32 hexadecimal digits: {what}")
        return value

    return AfterValidator(check)


def address(value: str) -> str:
    """A whole address, without a slash at its end."""
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be a whole address, as https://chat.example.com")
    if parts.username or parts.query or parts.fragment:
        raise ValueError("must not hold a user name, a query or a fragment")
    return value.rstrip("/")


def origin(value: str) -> str:
    """As browsers write it: lower case, no default port (RFC 6454, section 6.2). `*` is judged below."""
    if value == ANY:
        return value
    parts = urlsplit(address(value))
    if parts.path not in {"", "/"}:
        raise ValueError("must be an origin, without a path, as https://www.example.com")
    default = {"http": 80, "https": 443}[parts.scheme]
    port = "" if parts.port in {None, default} else f":{parts.port}"
    host = parts.hostname or ""
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}"


def public(value: str) -> str:
    """Twilio signs webhooks for exactly this address, so it must be the one it can reach."""
    local = urlsplit(value).hostname in {"localhost", "127.0.0.1", "::1"}
    if value.startswith("http://") and not local:
        raise ValueError("must begin with https:// (plain http is for this machine alone)")
    return value


def listed(value: object) -> object:
    """What stands between commas."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def long_keys(keys: list[SecretStr]) -> list[SecretStr]:
    """Keys that nobody can guess."""
    if not keys or any(len(key.get_secret_value()) < 32 for key in keys):
        raise ValueError("needs at least 32 characters a key: make one with `openssl rand -hex 32`")
    return keys


def unfolded(keys: list[SecretStr]) -> list[SecretStr]:
    """Where an environment has no line breaks, a PEM has a backslash and an n."""
    return [SecretStr(key.get_secret_value().replace("\\n", "\n")) for key in keys]


def store(value: SecretStr) -> SecretStr:
    """The value may hold a password, so it is not quoted."""
    parts = urlsplit(value.get_secret_value())
    if parts.scheme == "sqlite" and not parts.netloc and parts.path.strip("/"):
        return value
    if parts.scheme not in {"postgres", "postgresql"} or not parts.path.strip("/"):
        raise ValueError("must be sqlite:///path/to/file.db or postgres://user:password@host:5432/name")
    return value


def redis(value: SecretStr) -> SecretStr:
    """The value may hold a password, so it is not quoted."""
    parts = urlsplit(value.get_secret_value())
    if parts.scheme not in {"redis", "rediss"} or not parts.hostname:
        raise ValueError("must be redis://user:password@host:6379, or rediss://… with TLS")
    return value


def carried(value: list[str]) -> list[str]:
    """Pages try websocket first, and some know nothing else."""
    if "websocket" not in value or {*value} - {"websocket", "polling"}:
        raise ValueError("must be websocket,polling, or websocket alone")
    return value


def database_file(url: str) -> Path | None:
    """The file of the store at this address, if it is one."""
    return Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:") else None


def shown_database(url: str) -> str:
    """The store's address without user and password."""
    parts = urlsplit(url)
    return f"{parts.netloc.rpartition('@')[2]}{parts.path}"
