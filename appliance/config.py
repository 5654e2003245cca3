"""The data folder of one appliance: its layout, its marker and the few files of ours in it; it starts nothing.

Every file is written beside its place, flushed and renamed, mode 0600: a ``kill -9`` leaves the old file or the
new one, and at worst a ``*.new`` that the next write replaces.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import secrets
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from appliance.errors import ApplianceError, ExitCode

PRODUCT = "lockstep"
FORMAT = 1
"""The version of the data folder's layout. A folder of a newer format is refused."""
LEAST_CONNECTIONS = 17
"""So many database connections a cluster of one web and one sync process needs at least."""
LEAST_FREE_BYTES = 64 * 1024 * 1024
"""Below this PostgreSQL may stop in the middle of a write, so nothing is started."""
NAME = r"^[a-z][a-z0-9-]{0,38}[a-z0-9]$"


class Marker(BaseModel):
    """``lockstep.json``: says that the folder is ours. A newer product may add keys, so unknown ones are kept out."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    product: str
    format: int
    created_at: datetime


class Options(BaseModel):
    """``agent/options.json``: what a person chose for the whole appliance, and the port the database got."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    node: str = "node1"
    base_domain: str = Field(default="localhost", pattern=r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$")
    https_port: int = Field(default=8443, ge=1, le=65535)
    http_port: int = Field(default=8080, ge=1, le=65535)
    postgres_port: int = Field(default=54329, ge=1, le=65535)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the person who starts the agent asks for; None: as it was, or the default.

    ``other_ports``: take other ports when the usual ones are taken, rather than refuse.
    """

    https_port: int | None = None
    http_port: int | None = None
    base_domain: str | None = None
    other_ports: bool = False

    def applied(self, kept: Options) -> Options:
        """The options that a start with these wishes begins with."""
        wishes = {
            name: value
            for name in ("https_port", "http_port", "base_domain")
            if (value := getattr(self, name)) is not None
        }
        return Options.model_validate({**kept.model_dump(), **wishes})


class ClusterRecord(BaseModel):
    """``clusters/NAME/cluster.json``. ``enabled``: whether the agent keeps its processes running.

    ``connections``: how many database connections its operator allows it (None: what the server leaves).
    ``listed``: where its tenants' connections may lead although it is inside (see ``reach``); ``only_listed``: nowhere
    else.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str = Field(pattern=NAME)
    database: Literal["embedded", "external"]
    enabled: bool = True
    web_port: int = Field(ge=1, le=65535)
    connections: int | None = Field(default=None, ge=LEAST_CONNECTIONS)
    listed: tuple[str, ...] = ()
    only_listed: bool = False


class ClusterSecrets(BaseModel):
    """``clusters/NAME/secrets.json``. ``external_dsn``: the owner's login at an external PostgreSQL."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    owner_password: str
    control_password: str
    node_token: str
    external_dsn: str | None = None


_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class DataFolder:
    """Where everything of one appliance lies, below ``root`` (absolute)."""

    root: Path

    @property
    def marker(self) -> Path:
        """The file that makes the folder ours."""
        return self.root / "lockstep.json"

    @property
    def agent(self) -> Path:
        """What the agent keeps for itself."""
        return self.root / "agent"

    @property
    def control_file(self) -> Path:
        """Where the agent listens, and the token."""
        return self.agent / "control.json"

    @property
    def lock(self) -> Path:
        """Locked by the one agent of this folder."""
        return self.agent / "lock"

    @property
    def options(self) -> Path:
        """The chosen ports and names."""
        return self.agent / "options.json"

    @property
    def members(self) -> Path:
        """One pid record a member."""
        return self.agent / "members"

    @property
    def postgres(self) -> Path:
        """The embedded PostgreSQL's own folder."""
        return self.root / "postgres"

    @property
    def gateway(self) -> Path:
        """Caddy's configuration, storage and home."""
        return self.root / "gateway"

    @property
    def clusters(self) -> Path:
        """One folder a cluster."""
        return self.root / "clusters"

    @property
    def keys(self) -> Path:
        """The master key and the database's superuser password."""
        return self.root / "keys"

    @property
    def logs(self) -> Path:
        """One log a member, and the agent's."""
        return self.root / "logs"

    @property
    def run(self) -> Path:
        """Sockets."""
        return self.root / "run"

    def log_of(self, member: str) -> Path:
        """The log of ``member`` (``cluster1/web`` -> ``logs/cluster1-web.log``)."""
        return self.logs / f"{member.replace('/', '-')}.log"

    def cluster(self, name: str) -> Path:
        """The folder of cluster ``name``."""
        return self.clusters / name


@contextlib.contextmanager
def told_plainly(place: Path) -> Iterator[None]:
    """Turn the system's refusals to write below ``place`` into one sentence with what to do."""
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise ApplianceError(
                f"The disk that holds {place} is full. Free some space there, then try again; nothing was lost.",
                ExitCode.DATA_FOLDER,
            ) from error
        if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
            raise ApplianceError(
                f"This account may not write to {place}. Choose another folder with --data, or give it the right.",
                ExitCode.DATA_FOLDER,
            ) from error
        raise


def write_private(path: Path, content: str) -> None:
    """Replace ``path`` by ``content`` (UTF-8) at once and durably, readable by the owner alone."""
    beside = path.with_name(f"{path.name}.new")
    with told_plainly(path.parent):
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            os.fchmod(stream.fileno(), 0o600)
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(path)


def read_plain(path: Path) -> bytes:
    """What the file says. Raises ``OSError``, also for a link and for what is no plain file.

    Root reads in folders that belong to an appliance's account: it follows no link there, and waits for no pipe.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as stream:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, "not a plain file", str(path))
        return stream.read()


def save(path: Path, value: BaseModel) -> None:
    """Write ``value`` as JSON to ``path``, as ``write_private`` does."""
    write_private(path, value.model_dump_json(indent=2) + "\n")


def load(path: Path, model: type[_Model]) -> _Model:
    """Read ``path`` as a ``model``.

    Raises ``ApplianceError`` (DATA_FOLDER) if the file cannot be read or is not what we wrote; a file that is
    not there raises ``FileNotFoundError``.
    """
    try:
        return model.model_validate_json(read_plain(path))
    except ValidationError as error:
        raise ApplianceError(
            f"{path} is damaged ({error.errors()[0]['msg']}). Put back a saved copy of this file.",
            ExitCode.DATA_FOLDER,
        ) from error
    except PermissionError as error:
        raise ApplianceError(
            f"This account may not read {path}. Run lockstep as the account that made the folder.",
            ExitCode.DATA_FOLDER,
        ) from error
    except FileNotFoundError:
        raise
    except OSError as error:
        raise _no_file(path) from error


def _no_file(path: Path) -> ApplianceError:
    return ApplianceError(
        f"{path} is a link or no plain file, which Lockstep did not make. Take it away, or put back a saved copy.",
        ExitCode.DATA_FOLDER,
    )


def find_data_folder(root: Path) -> DataFolder | None:
    """The data folder at ``root`` if it is ours, None if nothing is there yet.

    Raises ``ApplianceError`` (DATA_FOLDER) when something else lies there.
    """
    folder = DataFolder(root.absolute())
    try:
        content = read_plain(folder.marker)
    except FileNotFoundError:
        _refuse_strangers(folder.root)
        return None
    except NotADirectoryError as error:
        raise ApplianceError(
            f"{folder.root} is not a folder. Choose another place with --data.", ExitCode.DATA_FOLDER
        ) from error
    except PermissionError as error:
        raise ApplianceError(
            f"This account may not read {folder.root}. Run lockstep as the account that made it, "
            "or choose another folder with --data.",
            ExitCode.DATA_FOLDER,
        ) from error
    except OSError as error:
        raise _no_file(folder.marker) from error
    try:
        marker = Marker.model_validate_json(content)
    except ValidationError:
        marker = None
    if marker is None or marker.product != PRODUCT:
        raise ApplianceError(
            f"{folder.marker} was not written by Lockstep. Choose another folder with --data.",
            ExitCode.DATA_FOLDER,
        )
    if marker.format > FORMAT:
        raise ApplianceError(
            f"{folder.root} was made by a newer Lockstep (format {marker.format}, this one knows {FORMAT}). "
            "Start it with that version.",
            ExitCode.DATA_FOLDER,
        )
    return folder


def _refuse_strangers(root: Path) -> None:
    try:
        with os.scandir(root) as entries:
            names = (entry.name for entry in entries)
            stranger = next((name for name in names if not name.startswith("lockstep.json")), None)
    except FileNotFoundError:
        return
    except PermissionError as error:
        raise ApplianceError(
            f"This account may not read {root}. Choose another folder with --data.", ExitCode.DATA_FOLDER
        ) from error
    if stranger is not None:
        raise ApplianceError(
            f"{root} holds files that are not Lockstep's (such as {stranger}). "
            "Choose a new or empty folder with --data.",
            ExitCode.DATA_FOLDER,
        )


def open_data_folder(root: Path) -> DataFolder:
    """The data folder at ``root``, made if it is not there; safe to interrupt and repeat.

    Raises ``ApplianceError`` (DATA_FOLDER) when it is not ours, not writable or full.
    """
    folder = find_data_folder(root) or DataFolder(root.absolute())
    with told_plainly(folder.root):
        folder.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.root.chmod(0o700)
    require_space(folder.root)
    if not folder.marker.exists():
        save(folder.marker, Marker(product=PRODUCT, format=FORMAT, created_at=datetime.now(UTC)))
    parts = (folder.agent, folder.members, folder.gateway, folder.clusters, folder.keys, folder.logs, folder.run)
    with told_plainly(folder.root):
        for part in parts:
            part.mkdir(mode=0o700, exist_ok=True)
        probe = folder.agent / "probe.new"
        probe.write_bytes(b"Lockstep can write here.\n")
        probe.unlink()
    return folder


def require_space(place: Path) -> None:
    """Raise ``ApplianceError`` (DATA_FOLDER) when the disk that holds ``place`` is as good as full."""
    free = shutil.disk_usage(place).free
    if free < LEAST_FREE_BYTES:
        raise ApplianceError(
            f"The disk that holds {place} has only {free // 1024 // 1024} MB left; Lockstep needs "
            f"{LEAST_FREE_BYTES // 1024 // 1024} MB to work safely. Free some space, then try again.",
            ExitCode.DATA_FOLDER,
        )


def load_options(folder: DataFolder) -> Options | None:
    """The appliance's options, None before its first start."""
    try:
        return load(folder.options, Options)
    except FileNotFoundError:
        return None


def load_clusters(folder: DataFolder) -> tuple[ClusterRecord, ...]:
    """The clusters of this appliance, by name. A folder without its record is a creation that never began."""
    found = []
    for place in sorted(folder.clusters.iterdir()):
        with contextlib.suppress(FileNotFoundError):
            found.append(load(place / "cluster.json", ClusterRecord))
    return tuple(found)


def secret_of(path: Path) -> str:
    """The secret kept in ``path`` (0600), made at the first call. 43 random characters."""
    with contextlib.suppress(FileNotFoundError):
        return path.read_text(encoding="ascii").strip()
    beside = path.with_name(f"{path.name}.new")
    write_private(beside, secrets.token_urlsafe(32))
    # A link never replaces: the first secret stays, whoever comes second.
    with contextlib.suppress(FileExistsError), told_plainly(path.parent):
        os.link(beside, path)
    beside.unlink(missing_ok=True)
    return path.read_text(encoding="ascii").strip()


def read_json(path: Path) -> dict[str, object] | None:
    """The JSON object in ``path``, None if the file is missing, cut short or no object."""
    try:
        value = json.loads(read_plain(path))
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None


def require_name(name: str, what: str) -> None:
    """Raise ``ApplianceError`` (USAGE) unless ``name`` can be part of a host name and of a role's name."""
    if not re.fullmatch(NAME, name):
        raise ApplianceError(
            f"{name!r} cannot be the name of a {what}: use 2 to 40 small letters, digits and hyphens, "
            "beginning with a letter and not ending with a hyphen.",
            ExitCode.USAGE,
        )


def product_version() -> str:
    """The version of the product, ``0.1.0`` in a checkout that is not installed."""
    try:
        return version("lockstep")
    except PackageNotFoundError:
        return "0.1.0"
