"""The settings, read from the environment once; all problems are told together, each with its remedy."""

import os
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError


class Backend(StrEnum):
    """Which of Twilio's two ways chats take."""

    PROGRAMMABLE_CHAT = "programmable_chat"
    CONVERSATIONS = "conversations"


class LogFormat(StrEnum):
    """How log lines look."""

    TEXT = "text"
    JSON = "json"


class BadSettings(Exception):
    """The environment is not usable; the text lists every problem and how to fix it."""


def _sid(kind: str, what: str) -> AfterValidator:
    def check(value: str) -> str:
        digits = value[2:]
        if not value.startswith(kind) or len(digits) != 32 or any(c not in "0123456789abcdefABCDEF" for c in digits):
            raise ValueError(f"must be {kind} and 32 hexadecimal digits: {what}")
        return value

    return AfterValidator(check)


def _address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be a whole address, as https://chat.example.com")
    if parts.username or parts.query or parts.fragment:
        raise ValueError("must not hold a user name, a query or a fragment")
    return value.rstrip("/")


def _origin(value: str) -> str:
    """As browsers write it: lower case, no default port (RFC 6454, section 6.2)."""
    parts = urlsplit(_address(value))
    if parts.path not in {"", "/"}:
        raise ValueError("must be an origin, without a path, as https://www.example.com")
    default = {"http": 80, "https": 443}[parts.scheme]
    port = "" if parts.port in {None, default} else f":{parts.port}"
    host = parts.hostname or ""
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}"


def _public(value: str) -> str:
    """Twilio signs webhooks for exactly this address, so it must be the one it can reach."""
    local = urlsplit(value).hostname in {"localhost", "127.0.0.1", "::1"}
    if value.startswith("http://") and not local:
        raise ValueError("must begin with https:// (plain http is for this machine alone)")
    return value


def _listed(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _long_keys(keys: list[SecretStr]) -> list[SecretStr]:
    if not keys or any(len(key.get_secret_value()) < 32 for key in keys):
        raise ValueError("needs at least 32 characters a key: make one with `openssl rand -hex 32`")
    return keys


def _sqlite(value: str) -> str:
    if not value.startswith("sqlite:///") or value == "sqlite:///":
        raise ValueError("must be sqlite:///path/to/file.db")
    return value


_Text = Annotated[str, Field(min_length=1)]
_Origins = Annotated[list[Annotated[str, AfterValidator(_origin)]], BeforeValidator(_listed)]


class Settings(BaseModel):
    """Every setting; `description` is what README's table says of it."""

    model_config = ConfigDict(frozen=True)

    public_url: Annotated[str, AfterValidator(_address), AfterValidator(_public)] = Field(
        description="The address Twilio and browsers reach this server by, as `https://chat.example.com`"
    )
    twilio_account_sid: Annotated[str, _sid("AC", "see the Console's first page")] = Field(
        description="The account, `AC…`"
    )
    twilio_auth_token: SecretStr = Field(
        min_length=1, description="The account's primary auth token: webhooks are signed with it"
    )
    flex_chat_service_sid: Annotated[str, _sid("IS", "Flex's chat service")] = Field(
        description="Flex's chat service, `IS…`"
    )
    flex_workspace_sid: Annotated[str, _sid("WS", "Flex's TaskRouter workspace")] = Field(
        description="Flex's TaskRouter workspace, `WS…`: agents' names, and the end of their tasks"
    )
    token_keys: Annotated[list[SecretStr], BeforeValidator(_listed), AfterValidator(_long_keys)] = Field(
        description="What visitors' tokens are signed with, 32 characters or more; several, by comma: the first signs"
    )
    backend: Backend = Field(
        Backend.PROGRAMMABLE_CHAT, description="`conversations` for Flex Conversations, or `programmable_chat`"
    )
    flex_flow_sid: Annotated[str, _sid("FO", "the custom Flex Flow that chats go to")] | None = Field(
        None, description="For `programmable_chat`: the custom Flex Flow, `FO…`"
    )
    flex_address_sid: Annotated[str, _sid("IG", "the chat address of Flex")] | None = Field(
        None, description="For `conversations`, one of three: the chat address, `IG…`; Twilio opens and routes"
    )
    flex_workflow_sid: Annotated[str, _sid("WW", "the TaskRouter workflow")] | None = Field(
        None, description="Or the TaskRouter workflow, `WW…`; chats go straight to its agents"
    )
    flex_studio_flow_sid: Annotated[str, _sid("FW", "the Studio flow")] | None = Field(
        None, description="Or the Studio flow, `FW…`, that ends in *Send to Flex*"
    )
    welcome_text: Annotated[str, Field(min_length=1, max_length=1600)] | None = Field(
        None, description="For `conversations`: what a visitor is greeted with"
    )
    twilio_api_key_sid: Annotated[str, _sid("SK", "an API key of the account")] | None = Field(
        None, description="With an API key, `SK…`, the routes of Twilio's Webchat React App are served too"
    )
    twilio_api_key_secret: SecretStr | None = Field(None, description="The API key's secret")
    port: Annotated[int, Field(ge=0, le=65535)] = Field(8080, description="The port to listen on; 0 takes a free one")
    host: _Text = Field("0.0.0.0", description="The address to listen on")  # noqa: S104 — a server in a container
    database_url: Annotated[str, AfterValidator(_sqlite)] = Field(
        "sqlite:///data/relay.db", description="The store, `sqlite:///` and a path"
    )
    allowed_origins: _Origins = Field(
        default_factory=list,
        description="More origins whose pages may connect, by comma; `PUBLIC_URL`'s own always may",
    )
    token_days: Annotated[float, Field(gt=0, le=365)] = Field(
        7.0, description="How long a visitor's token is good, in days"
    )
    look_back_seconds: Annotated[float, Field(ge=1, le=3600)] = Field(
        30.0, description="How often Flex's own list of an active chat is read, in case a webhook was lost"
    )
    twilio_api_url: Annotated[str, AfterValidator(_address)] | None = Field(
        None, description="Where Twilio's API is, if not at Twilio: the simulator's address"
    )
    log_format: LogFormat = Field(LogFormat.JSON, description="`json`, or `text` for a terminal")
    log_level: Annotated[str, Field(pattern="^(DEBUG|INFO|WARNING|ERROR)$")] = Field(
        "INFO", description="`DEBUG`, `INFO`, `WARNING` or `ERROR`"
    )

    @property
    def database_path(self) -> Path:
        """The file of the store."""
        return Path(self.database_url.removeprefix("sqlite:///"))

    @property
    def origins(self) -> list[str]:
        """Every origin whose pages may connect."""
        own = urlsplit(self.public_url)
        return [_origin(f"{own.scheme}://{own.netloc}"), *self.allowed_origins]


def read_settings(environment: Mapping[str, str] | None = None, **given: Any) -> Settings:
    """The settings of this environment (the process's own if None); what is `given` wins. Raises `BadSettings`."""
    names = os.environ if environment is None else environment
    values = {name: names[name.upper()] for name in Settings.model_fields if names.get(name.upper())}
    values = {**values, **given}
    problems = _problems_of_backend(values)
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        problems = [_problem(found) for found in error.errors(include_url=False, include_input=False)] + problems
    if problems:
        raise BadSettings(_explained(problems))
    return settings


def _problems_of_backend(values: Mapping[str, Any]) -> list[str]:
    """What each back end needs of its own; told together with everything else."""
    backend = values.get("backend", Backend.PROGRAMMABLE_CHAT)
    if backend == Backend.PROGRAMMABLE_CHAT and not values.get("flex_flow_sid"):
        return [_missing("flex_flow_sid")]
    if values.get("twilio_api_key_sid") and not all(values.get(name) for name in _BESIDE_API_KEY):
        beside = " and ".join(name.upper() for name in _BESIDE_API_KEY)
        return [f"  TWILIO_API_KEY_SID needs {beside} beside it.\n      Set both, or leave it out."]
    ways = [name for name in _WAYS if values.get(name)]
    if backend != Backend.CONVERSATIONS or len(ways) == 1:
        return []
    names = ", ".join(name.upper() for name in _WAYS)
    said = "none is set" if not ways else f"{len(ways)} are set, which one counts would be a guess"
    return [f"  One of {names} is needed, and only one: {said}.\n      README says which is for what."]


_BESIDE_API_KEY = ("twilio_api_key_secret", "flex_address_sid")
_WAYS = ("flex_address_sid", "flex_workflow_sid", "flex_studio_flow_sid")


def _missing(name: str) -> str:
    return _problem({"loc": (name,), "type": "missing"})


def _explained(problems: list[str]) -> str:
    head = "1 setting is" if len(problems) == 1 else f"{len(problems)} settings are"
    return "\n".join([f"{head} missing or wrong. Set them in the environment; README explains each.", "", *problems])


def _problem(found: Any) -> str:
    field = str(found["loc"][0])
    about = Settings.model_fields[field].description or ""
    what = "is missing" if found["type"] == "missing" else found["msg"].removeprefix("Value error, ")
    return f"  {field.upper()} {what}.\n      {about}."
