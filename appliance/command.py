"""What every ``lockstep`` command has: ``--data``, ``--json``, progress, an exit code; it must not know any of them."""

from __future__ import annotations

import functools
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import click
import platformdirs
from pydantic import BaseModel

from appliance.control.client import Client
from appliance.control.messages import Job
from appliance.errors import ApplianceError


def usual_data_folder(command_name: str) -> Path:
    """Where the data lies when nobody says: ``LOCKSTEP_DATA``, or the system's place for this account.

    A demonstration stays in the folder where it was started.
    """
    named = os.environ.get("LOCKSTEP_DATA")
    if named:
        return Path(named)
    if command_name == "demo":
        return Path("var")
    if os.geteuid() == 0:
        return Path("/var/lib/lockstep")
    return Path(platformdirs.user_data_dir("lockstep"))


def _fail(error: ApplianceError, as_json: bool) -> NoReturn:  # noqa: FBT001 - the one switch of the output
    if as_json:
        click.echo(json.dumps({"error": error.message, "exit_code": int(error.code)}))
    else:
        click.echo(f"lockstep: {error.message}", err=True)
    sys.exit(int(error.code))


def command(group: click.Group, name: str) -> Callable[[Callable[..., None]], click.Command]:
    """Register a command that has ``--data`` and ``--json`` and ends with the right exit code."""

    def register(body: Callable[..., None]) -> click.Command:
        @functools.wraps(body)
        def run(**arguments: Any) -> None:
            as_json = bool(arguments["as_json"])
            arguments["data"] = (arguments["data"] or usual_data_folder(name)).absolute()
            try:
                body(**arguments)
            except ApplianceError as error:
                _fail(error, as_json)

        data = click.option(
            "--data",
            type=click.Path(path_type=Path),
            help="The data folder (or set LOCKSTEP_DATA).",
        )
        as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON value.")
        return group.command(name)(data(as_json(run)))

    return register


def show(value: BaseModel | dict[str, object], text: str, as_json: bool) -> None:  # noqa: FBT001
    """Print ``value`` as JSON, or ``text`` for people."""
    if as_json:
        click.echo(json.dumps(value.model_dump(mode="json") if isinstance(value, BaseModel) else value))
    else:
        click.echo(text)


def tell_progress(job: Job) -> None:
    """Say on standard error what a job is at."""
    if job.step and job.state == "running":
        click.echo(f"  {job.step} ...", err=True)


def finish(client: Client, job: Job) -> dict[str, object]:
    """Wait for a job; its result. Raises ``ApplianceError`` with its sentence."""
    return client.await_job(job, tell_progress).result or {}
