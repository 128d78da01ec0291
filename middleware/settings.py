"""The settings, read from the environment once; all problems are told together, each with its remedy."""

import os
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError

from middleware.settings_values import (
    ANY,
    address,
    carried,
    database_file,
    listed,
    long_keys,
    origin,
    public,
    redis,
    shown_database,
    sid,
    store,
    unfolded,
)


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


class IdentityAlgorithm(StrEnum):
    """How the company's own server signs who a visitor is."""

    HS256 = "HS256"
    RS256 = "RS256"


WAYS_TO_OPEN = ("flex_address_sid", "flex_workflow_sid", "flex_studio_flow_sid")
"""The settings of which `conversations` needs one, and only one: how chats are opened."""

_Text = Annotated[str, Field(min_length=1)]
_Origins = Annotated[list[Annotated[str, AfterValidator(origin)]], BeforeValidator(listed)]


class Settings(BaseModel):
    """Every setting; `description` is what README's table says of it."""

    model_config = ConfigDict(frozen=True)

    public_url: Annotated[str, AfterValidator(address), AfterValidator(public)] = Field(
        description="The address Twilio and browsers reach this server by, as `https://chat.example.com`"
    )
    twilio_account_sid: Annotated[str, sid("AC", "see the Console's first page")] = Field(
        description="The account, `AC…`"
    )
    twilio_auth_token: SecretStr = Field(
        min_length=1, description="The account's primary auth token: webhooks are signed with it"
    )
    twilio_auth_token_next: SecretStr | None = Field(
        None, description="While it is changed: the secondary auth token; webhooks may be signed with either"
    )
    flex_chat_service_sid: Annotated[str, sid("IS", "Flex's chat service")] = Field(
        description="Flex's chat service, `IS…`"
    )
    flex_workspace_sid: Annotated[str, sid("WS", "Flex's TaskRouter workspace")] = Field(
        description="Flex's TaskRouter workspace, `WS…`: agents' names, and the end of their tasks"
    )
    token_keys: Annotated[list[SecretStr], BeforeValidator(listed), AfterValidator(long_keys)] = Field(
        description="What visitors' tokens are signed with, 32 characters or more; several, by comma: the first signs"
    )
    identity_keys: Annotated[list[SecretStr], BeforeValidator(listed), AfterValidator(unfolded)] = Field(
        default_factory=list,
        description="What your own server signs visitors' identities with (docs/identity.md); several, by comma",
    )
    identity_algorithm: IdentityAlgorithm = Field(
        IdentityAlgorithm.HS256, description="`HS256`: the keys are secrets; `RS256`: they are public keys, as PEM"
    )
    backend: Backend = Field(
        Backend.PROGRAMMABLE_CHAT, description="`conversations` for Flex Conversations, or `programmable_chat`"
    )
    flex_flow_sid: Annotated[str, sid("FO", "the custom Flex Flow that chats go to")] | None = Field(
        None, description="For `programmable_chat`: the custom Flex Flow, `FO…`"
    )
    flex_address_sid: Annotated[str, sid("IG", "the chat address of Flex")] | None = Field(
        None, description="For `conversations`, one of three: the chat address, `IG…`; Twilio opens and routes"
    )
    flex_workflow_sid: Annotated[str, sid("WW", "the TaskRouter workflow")] | None = Field(
        None, description="Or the TaskRouter workflow, `WW…`; chats go straight to its agents"
    )
    flex_studio_flow_sid: Annotated[str, sid("FW", "the Studio flow")] | None = Field(
        None, description="Or the Studio flow, `FW…`, that ends in *Send to Flex*"
    )
    welcome_text: Annotated[str, Field(min_length=1, max_length=1600)] | None = Field(
        None, description="For `conversations`: what a visitor is greeted with"
    )
    twilio_api_key_sid: Annotated[str, sid("SK", "an API key of the account")] | None = Field(
        None, description="With an API key, `SK…`, the routes of Twilio's Webchat React App are served too"
    )
    twilio_api_key_secret: SecretStr | None = Field(None, description="The API key's secret")
    port: Annotated[int, Field(ge=0, le=65535)] = Field(8080, description="The port to listen on; 0 takes a free one")
    host: _Text = Field("0.0.0.0", description="The address to listen on")  # noqa: S104 — a server in a container
    database_url: Annotated[SecretStr, AfterValidator(store)] = Field(
        SecretStr("sqlite:///data/relay.db"),
        description="The store: `sqlite:///` and a path for one node, or `postgres://…` for any number of them",
    )
    database_connections: Annotated[int, Field(ge=1, le=100)] = Field(
        8, description="For PostgreSQL: how many connections this node may have open"
    )
    node: Annotated[str, Field(min_length=1, max_length=100)] | None = Field(
        None,
        description="For PostgreSQL: this node's name, the same after a restart; else the machine's name and `PORT`",
    )
    redis_url: Annotated[SecretStr, AfterValidator(redis)] | None = Field(
        None, description="With PostgreSQL: let this Redis ring between nodes, and not the database"
    )
    drain_seconds: Annotated[float, Field(ge=0, le=300)] = Field(
        0.0,
        description="At SIGTERM: how long `/ready` says no before the node goes; sockets are told to move meanwhile",
    )
    transports: Annotated[list[str], AfterValidator(carried), BeforeValidator(listed)] = Field(
        default_factory=lambda: ["websocket", "polling"],
        description="`websocket,polling`, or `websocket` alone: with several nodes polling needs sticky sessions",
    )
    allowed_origins: _Origins = Field(
        default_factory=list,
        description="More origins whose pages may connect, by comma; `PUBLIC_URL`'s own always may",
    )
    require_origin: bool = Field(
        False, description="Refuse sockets that name no origin: no browser's. Apps and scripts of yours name none"
    )
    trusted_proxies: Annotated[int, Field(ge=0, le=9)] = Field(
        0,
        description="How many proxies in a row add to `X-Forwarded-For`; with 0 nobody is believed",
    )
    sockets_per_address: Annotated[int, Field(ge=1)] = Field(
        500, description="Sockets that one address may have: an office behind one is one address. Its rates follow"
    )
    frames_per_second: Annotated[float, Field(ge=1)] = Field(
        20.0, description="Frames that are read of one socket in a second, for long; ten times as many at once"
    )
    most_sockets: Annotated[int, Field(ge=1)] = Field(
        10_000, description="Sockets that this server takes, at about 40 KB of memory each"
    )
    development: bool = Field(False, description="For a developer's machine alone: `ALLOWED_ORIGINS=*` is taken")
    frame_origins: _Origins = Field(
        default_factory=list, description="Origins whose pages may show the page at `/` in a frame, by comma"
    )
    token_days: Annotated[float, Field(gt=0, le=365)] = Field(
        7.0, description="How long a visitor's token is good, in days"
    )
    look_back_seconds: Annotated[float, Field(ge=1, le=3600)] = Field(
        30.0, description="How often Flex's own list of an active chat is read, in case a webhook was lost"
    )
    twilio_api_url: Annotated[str, AfterValidator(address)] | None = Field(
        None, description="Where Twilio's API is, if not at Twilio: the simulator's address"
    )
    metrics_token: Annotated[SecretStr, Field(min_length=16)] | None = Field(
        None, description="With it `/metrics` is served, to who shows it as a bearer token; without, it is not"
    )
    otel_exporter_otlp_endpoint: Annotated[str, AfterValidator(address)] | None = Field(
        None, description="Where traces go, as `http://collector:4318`; needs `pip install .[otel]`"
    )
    log_format: LogFormat = Field(LogFormat.JSON, description="`json`, or `text` for a terminal")
    log_level: Annotated[str, Field(pattern="^(DEBUG|INFO|WARNING|ERROR)$")] = Field(
        "INFO", description="`DEBUG`, `INFO`, `WARNING` or `ERROR`"
    )
    log_details: bool = Field(
        False, description="`true`: log visitors' addresses and the words of unforeseen errors, which may be personal"
    )

    @property
    def database_path(self) -> Path | None:
        """The file of the store, if it is one."""
        return database_file(self.database_url.get_secret_value())

    @property
    def database(self) -> str:
        """The store's address as it may be shown: without user and password."""
        return shown_database(self.database_url.get_secret_value())

    @property
    def origins(self) -> list[str]:
        """Every origin whose pages may connect."""
        own = urlsplit(self.public_url)
        return [origin(f"{own.scheme}://{own.netloc}"), *self.allowed_origins]


def read_settings(environment: Mapping[str, str] | None = None, **given: Any) -> Settings:
    """The settings of this environment (the process's own if None); what is `given` wins. Raises `BadSettings`."""
    names = os.environ if environment is None else environment
    values = {name: names[name.upper()] for name in Settings.model_fields if names.get(name.upper())}
    values = {**values, **given}
    problems = _problems_of_backend(values) + _problems_of_store(values) + _problems_of_keys(values)
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        problems = [problem(found) for found in error.errors(include_url=False, include_input=False)] + problems
    else:
        problems += _problems_of_the_wall(settings)
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
    ways = [name for name in WAYS_TO_OPEN if values.get(name)]
    if backend != Backend.CONVERSATIONS or len(ways) == 1:
        return []
    names = ", ".join(name.upper() for name in WAYS_TO_OPEN)
    said = "none is set" if not ways else f"{len(ways)} are set, which one counts would be a guess"
    return [f"  One of {names} is needed, and only one: {said}.\n      README says which is for what."]


def _problems_of_the_wall(settings: Settings) -> list[str]:
    if ANY not in settings.allowed_origins or settings.development:
        return []
    return [
        "  ALLOWED_ORIGINS is *: any page on the internet could speak in your name; DEVELOPMENT=true would take it.\n"
        "      Name the origins of your pages."
    ]


def _problems_of_store(values: Mapping[str, Any]) -> list[str]:
    """What would be said and not be so."""
    url = values.get("database_url", "sqlite:")
    if not str(url.get_secret_value() if isinstance(url, SecretStr) else url).startswith("sqlite"):
        return []
    given = [name for name in _FOR_SEVERAL_NODES if values.get(name)]
    return [f"  {name.upper()} {_FOR_SEVERAL_NODES[name]}" for name in given]


_NEEDS_POSTGRES = (
    "is for PostgreSQL: one SQLite file serves one node.\n      Set DATABASE_URL to postgres://…, or leave it out."
)
_FOR_SEVERAL_NODES = {
    "database_connections": _NEEDS_POSTGRES,
    "node": _NEEDS_POSTGRES,
    "redis_url": "rings between nodes, and one SQLite file serves one node.\n"
    "      Set DATABASE_URL to the postgres://… that all nodes share, or leave REDIS_URL out.",
}


def _problems_of_keys(values: Mapping[str, Any]) -> list[str]:
    """An identity key must be of the algorithm's kind, and no visitor's token be taken for an identity."""
    token_keys, keys = (listed(values.get(name) or []) for name in ("token_keys", "identity_keys"))
    if not isinstance(keys, list) or not isinstance(token_keys, list):
        return []
    if values.get("identity_algorithm", IdentityAlgorithm.HS256) == IdentityAlgorithm.RS256:
        wrong = "  IDENTITY_KEYS needs public keys, as PEM (-----BEGIN PUBLIC KEY-----).\n      For RS256."
        return [wrong] if any("BEGIN PUBLIC KEY" not in key for key in keys) else []
    if any(len(key) < 32 for key in keys):
        return ["  IDENTITY_KEYS needs at least 32 characters a key.\n      Make one with `openssl rand -hex 32`."]
    return ["  IDENTITY_KEYS holds a key of TOKEN_KEYS.\n      Make one of its own."] if {*keys} & {*token_keys} else []


_BESIDE_API_KEY = ("twilio_api_key_secret", "flex_address_sid")


def _missing(name: str) -> str:
    return problem({"loc": (name,), "type": "missing"})


def _explained(problems: list[str]) -> str:
    head = "1 setting is" if len(problems) == 1 else f"{len(problems)} settings are"
    return "\n".join([f"{head} missing or wrong. Set them in the environment; README explains each.", "", *problems])


def problem(found: Any) -> str:
    """One error of pydantic's, in the words of the environment, with what the setting is."""
    field = str(found["loc"][0])
    about = Settings.model_fields[field].description or ""
    what = "is missing" if found["type"] == "missing" else found["msg"].removeprefix("Value error, ")
    return f"  {field.upper()} {what}.\n      {about}."
