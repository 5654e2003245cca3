"""What runs and lies on the host: nothing of ours is root, nobody else reads or changes it, and root is led nowhere.

As an ordinary account everything here is that account's, and what only root can try says so.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from appliance.config import DataFolder
from appliance.system.linux_account import account_name
from appliance.system.linux_rights import NET_BIND_SERVICE
from tests.support.installation import ROOT, Done, Installation, new_installation

pytestmark = [pytest.mark.postgres, pytest.mark.e2e]  # the whole product starts: not for test-fast
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can start it for another account, and play others")
NOBODY = 65534


@pytest.fixture(scope="module")
def started() -> Iterator[Installation]:
    """A running appliance with a cluster and a tenant, started by whoever runs the tests."""
    with new_installation() as made:
        done = made.start()
        assert done.code == 0, done.err
        made.must("cluster", "create", "north")
        made.must("tenant", "create", "anna")
        yield made


@pytest.fixture
def installation() -> Iterator[Installation]:
    """An appliance that was never started."""
    with new_installation() as made:
        yield made


def account(installation: Installation) -> int:
    """The number of the account that all of it should be."""
    return pwd.getpwnam(account_name(installation.data)).pw_uid if os.geteuid() == 0 else os.geteuid()


def everything_that_runs(installation: Installation) -> dict[int, str]:
    """The agent, each member, and their children, by pid."""
    members = {member["pid"]: member["name"] for member in installation.status()["members"]}
    children = {
        child.pid: name for pid, name in members.items() for child in psutil.Process(pid).children(recursive=True)
    }
    return {installation.control().pid: "agent", **members, **children}


def said(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: rest.strip() for name, _, rest in (line.partition(":") for line in lines)}


def test_nothing_that_runs_is_root_or_can_become_it(started: Installation) -> None:
    running = everything_that_runs(started)
    assert {"agent", "postgres", "gateway", "north/web", "north/sync"} <= set(running.values())
    assert len(running) > len(set(running.values())), "PostgreSQL's own processes are missing"
    ours = str(account(started))
    for pid, name in running.items():
        status = said(pid)
        assert set(status["Uid"].split()) == {ours}, name
        assert "0" not in status["Gid"].split(), name
        assert status["NoNewPrivs"] == "1", name
        held = {kind: int(status[kind], 16) for kind in ("CapInh", "CapPrm", "CapEff", "CapAmb")}
        assert not any(held.values()), f"{name} holds {held}"
        if os.geteuid() == 0:
            assert not status["Groups"], name
            assert int(status["CapBnd"], 16) == 0, name
        limits = Path(f"/proc/{pid}/limits").read_text().splitlines()
        core = next(line.split()[4:6] for line in limits if line.startswith("Max core file size"))
        assert core == ["0", "0"], name


def test_all_that_lies_there_is_its_own_and_open_to_nobody_else(started: Installation) -> None:
    ours = account(started)
    for path in [started.data, *started.data.rglob("*")]:
        found = path.lstat()
        assert found.st_uid == ours, path
        assert stat.S_ISLNK(found.st_mode) or not stat.S_IMODE(found.st_mode) & 0o077, path


def as_nobody(script: str, *words: str) -> str:
    """What a process of another account is told that tries that."""
    done = subprocess.run(
        ["/bin/sh", "-c", script, "sh", *words],
        capture_output=True,
        text=True,
        user=NOBODY,
        group=NOBODY,
        extra_groups=[],
        cwd="/",
        check=False,
    )
    return "ALLOWED" if done.returncode == 0 else done.stderr


@AS_ROOT
def test_another_account_writes_no_trust_reads_no_secret_and_ends_nothing(started: Installation) -> None:
    folder = DataFolder(started.data)
    assert "denied" in as_nobody('ls "$1"', str(folder.root))
    for path in (folder.postgres / "data" / "pg_hba.conf", folder.keys / "master", folder.control_file):
        assert path.exists()
        assert "denied" in as_nobody('cat "$1"', str(path)), path
        assert "denied" in as_nobody('echo "host all all all trust" >> "$1"', str(path)), path
    for pid, name in everything_that_runs(started).items():
        assert "permitted" in as_nobody('kill -0 "$1"', str(pid)).lower(), name
        assert "denied" in as_nobody('cat "/proc/$1/environ"', str(pid)), name


def test_the_doctor_looks_at_what_really_runs_and_lies_there(started: Installation) -> None:
    checks = {check["name"]: check for check in started.must("doctor")["checks"]}
    named = {f"{name} rights" for name in ("agent", "postgres", "gateway", "north/web", "north/sync")}
    for name in (*named, "data's owner", "secrets"):
        assert checks[name]["ok"], checks[name]
    for path, mode in ((started.data / "postgres" / "data" / "pg_hba.conf", 0o640), (started.data / "keys", 0o710)):
        before = stat.S_IMODE(path.stat().st_mode)
        path.chmod(mode)
        done = started.lockstep("doctor", "--json")
        path.chmod(before)
        assert done.code == 1
        wrong = next(check for check in done.json["checks"] if check["name"] == "secrets")
        assert str(path) in wrong["found"]
        assert "chmod" in wrong["advice"]


@AS_ROOT
def test_the_doctor_finds_what_is_somebody_elses(started: Installation) -> None:
    strange = started.data / "gateway" / "caddy.json"
    ours = account(started)
    os.chown(strange, NOBODY, NOBODY)
    done = started.lockstep("doctor", "--json")
    os.chown(strange, ours, ours)
    wrong = next(check for check in done.json["checks"] if check["name"] == "data's owner")
    assert not wrong["ok"]
    assert str(strange) in wrong["found"]


def listens(port: int) -> bool:
    return any(one.laddr and one.laddr.port == port for one in psutil.net_connections("tcp"))


@pytest.fixture(scope="module")
def second() -> Iterator[Installation]:
    """Another appliance on this host, whose gateway serves a port of root."""
    with new_installation() as made:
        made.https_port = next(port for port in range(700, 1000) if not listens(port))
        done = made.start("--base-domain", "sync.example.test")
        assert done.code == 0, done.err
        yield made


@AS_ROOT
def test_two_appliances_of_a_host_are_two_accounts(started: Installation, second: Installation) -> None:
    assert account(second) != account(started)
    assert said(second.member("postgres")["pid"])["Uid"].split()[0] == str(account(second))


@AS_ROOT
def test_the_gateway_alone_may_listen_on_ports_of_root(second: Installation) -> None:
    held = {name: int(said(pid)["CapEff"], 16) for pid, name in everything_that_runs(second).items()}
    assert held.pop("gateway") == 1 << NET_BIND_SERVICE
    assert held.pop("agent") == 1 << NET_BIND_SERVICE, "it looks whether the port is free, and lends the right"
    assert not any(held.values()), held
    assert second.lockstep("doctor").code == 0


@AS_ROOT
def test_what_an_older_version_left_as_root_is_taken_over_and_no_link_is_followed(second: Installation) -> None:
    """Its files, of which PostgreSQL's were nobody's, and what its agent left running when it was killed."""
    assert second.lockstep("stop").code == 0
    data = second.data
    for path in [data, *data.rglob("*")]:
        below = "postgres" in path.relative_to(data).parts
        os.chown(path, *((NOBODY, NOBODY) if below else (0, 0)), follow_symlinks=False)
    data.chmod(0o711)
    victim = data.parent / "victim"
    victim.write_text("of root")
    (data / "postgres" / "led.away").symlink_to(victim)
    (data / "postgres" / "led.away.too").symlink_to("/etc")
    left = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(600)"], env={"LOCKSTEP_MEMBER": f"{data}:gateway"}
    )
    try:
        done = second.start()
        assert done.code == 0, done.err
        assert left.wait(10) == -signal.SIGTERM
    finally:
        left.kill()
    assert (victim.stat().st_uid, Path("/etc").stat().st_uid) == (0, 0)
    assert {path.lstat().st_uid for path in [data, *data.rglob("*")]} == {account(second)}
    assert stat.S_IMODE(data.stat().st_mode) == 0o700


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder of root's in a place that everybody may write to, as the system's own is."""
    made = Path(tempfile.mkdtemp(prefix="lockstep-test-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


def start(data: Path, **how: object) -> Done:
    done = subprocess.run(  # type: ignore[call-overload]
        [sys.executable, "-m", "appliance", "start", "--data", str(data)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
        **how,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def one_sentence(done: Done, code: int, *words: str) -> None:
    assert done.code == code, done.err + done.out
    assert len(done.err.strip().splitlines()) == 1, done.err
    assert all(word in done.err for word in words), done.err


@AS_ROOT
@pytest.mark.parametrize(
    ("mode", "owner", "words"),
    [
        (0o777, 0, "may be written by others"),
        (0o775, NOBODY, "belongs to nobody"),
        (0o755, NOBODY, "belongs to nobody"),
        (0o1777, NOBODY, "belongs to nobody"),
    ],
)
def test_root_refuses_a_folder_that_others_could_swap(place: Path, mode: int, owner: int, words: str) -> None:
    between = place / "between"
    (between / "inner").mkdir(parents=True)
    os.chown(between, owner, 0)
    between.chmod(mode)
    one_sentence(start(between / "inner" / "var"), 6, str(between), words, "--data")
    assert not list((between / "inner").iterdir())


@AS_ROOT
def test_root_refuses_a_folder_that_a_group_could_swap(place: Path) -> None:
    os.chown(place, 0, NOBODY)
    place.chmod(0o775)
    one_sentence(start(place / "var"), 6, "may be written by others")


@AS_ROOT
def test_root_refuses_a_link_in_place_of_the_folder(place: Path) -> None:
    (place / "real").mkdir(mode=0o700)
    (place / "var").symlink_to(place / "real")
    one_sentence(start(place / "var"), 6, "is a link")
    assert not list((place / "real").iterdir())


@AS_ROOT
def test_root_refuses_a_folder_of_another_account(place: Path) -> None:
    (place / "var").mkdir(mode=0o700)
    os.chown(place / "var", NOBODY, NOBODY)
    one_sentence(start(place / "var"), 6, "belongs to nobody", "chown -hR root:")


@AS_ROOT
@pytest.mark.parametrize("way", ["link", "pipe", "folder"])
def test_what_lies_in_place_of_our_files_neither_leads_root_away_nor_holds_it(place: Path, way: str) -> None:
    data = place / "var"
    (data / "agent").mkdir(parents=True)
    for name in ("lockstep.json", "agent/control.json"):
        match way:
            case "link":
                (data / name).symlink_to("/etc/shadow")
            case "pipe":
                os.mkfifo(data / name)
            case _:
                (data / name).mkdir()
    one_sentence(start(data, timeout=20), 6, "lockstep.json")


@AS_ROOT
@pytest.mark.parametrize("missing", [6, 7], ids=["SETGID", "SETUID"])
def test_root_that_may_not_let_go_of_itself_starts_nothing(installation: Installation, missing: int) -> None:
    """As in a container that was given few capabilities."""
    without = (
        "import ctypes, os, sys; libc = ctypes.CDLL(None); "
        f"assert libc.prctl(24, {missing}, 0, 0, 0) == 0; os.execv(sys.argv[1], sys.argv[1:])"
    )
    ports = ["--https-port", str(installation.https_port), "--http-port", str(installation.http_port)]
    words = [sys.executable, "-m", "appliance", "start", "--data", str(installation.data), *ports]
    done = subprocess.run(
        [sys.executable, "-c", without, *words], capture_output=True, text=True, cwd=ROOT, check=False
    )
    one_sentence(Done(done.returncode, done.stdout, done.stderr), 1, "does not run as root", "SETUID")
    assert not installation.processes()
    assert not (installation.data / "agent").exists()


@AS_ROOT
def test_where_no_account_can_be_made_one_sentence_says_so_and_nothing_runs_as_nobody(
    installation: Installation,
) -> None:
    shut = (
        "mount --bind /etc /etc && mount -o remount,ro,bind /etc && "
        'exec "$0" -m appliance start --data "$1" --https-port "$2" --http-port "$3"'
    )
    ports = [str(installation.https_port), str(installation.http_port)]
    words = ["unshare", "-m", "sh", "-c", shut, sys.executable, str(installation.data), *ports]
    done = subprocess.run(words, capture_output=True, text=True, cwd=ROOT, check=False)
    if "unshare" in done.stderr or "mount:" in done.stderr:
        pytest.skip("this machine does not let root change what a process sees of the disk")
    one_sentence(Done(done.returncode, done.stdout, done.stderr), 1, account_name(installation.data), "useradd")
    assert not installation.processes()
    assert not installation.data.exists()
