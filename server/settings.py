"""The settings of one node, as the agent writes them to a file; it must not read anything else.

The file holds passwords, so it is refused when others than its owner may read it.
"""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from server.domain import json_text
from server.domain.errors import PutRight


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DatabaseSettings(_Part):
    """Where the cluster's database is and how the control role signs in.

    ``host`` and ``port`` may name several, with commas. ``options``: what its address says besides, by libpq's names.
    ``connections``: how many the cluster may hold (None: what the server's own limits leave). Behind a pooler, or
    beside others who need more than they hold, the server does not tell.
    """

    host: str
    port: Annotated[int, Field(ge=1, le=65535)] | Annotated[str, Field(pattern=r"^[0-9]{1,5}(,[0-9]{1,5})*$")]
    name: str
    control_role: str
    control_password: SecretStr
    sslmode: Literal["disable", "allow", "prefer", "require", "verify-ca", "verify-full"] = "verify-full"
    options: dict[str, str] = {}
    connections: int | None = Field(default=None, ge=1)


class WebSettings(_Part):
    """The web process: where it listens, which ports people reach it by, how much memory it may take.

    ``gateway_secret``: what a request must carry for the address that it names to be believed.
    """

    host: str = "127.0.0.1"
    port: int = Field(ge=1, le=65535)
    threads: int = Field(default=16, ge=1, le=256)
    node_token: SecretStr
    public_https_port: int
    public_http_port: int
    gateway_secret: SecretStr
    memory_megabytes: int = Field(default=1024, ge=256)


class SyncSettings(_Part):
    """The sync process. ``threads_per_tenant`` bounds the remote calls of one tenant at a time.

    ``memory_megabytes``: what the process may take; see ``server.memory``.
    """

    threads_per_tenant: int = Field(default=8, ge=1, le=64)
    memory_megabytes: int = Field(default=2048, ge=256)


class Settings(_Part):
    """Everything a node is told."""

    cluster: str
    node: str
    base_domain: str
    database: DatabaseSettings
    master_key_file: Path
    web: WebSettings
    sync: SyncSettings = SyncSettings()
    panel_folder: Path
    reach_file: Path | None = None
    """Where connections may lead (see ``services/reach``); None: nowhere inside, and nothing of ours is known."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"


def read_settings(path: Path) -> Settings:
    """The settings in the file.

    Raises ``PutRight`` when it is missing, readable by others, not JSON, or names something wrong.
    """
    try:
        if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise PutRight(
                f"The settings file {path} may be read by others; make it readable by its owner only (0600)."
            )
        return Settings.model_validate(json_text.read(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise PutRight(f"The settings file {path} cannot be read: {error.strerror}.") from error
    except (json_text.TooDeep, json_text.TooMany) as error:
        raise PutRight(f"The settings file {path} has {error}.") from error
    except json.JSONDecodeError as error:
        raise PutRight(f"The settings file {path} is not JSON (line {error.lineno}).") from error
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise PutRight(
            f"The settings file {path} has a wrong value at {where!r}: {first['msg']}.", field=where
        ) from None
