"""Makes a Roundup tracker (TEMPLATE FOLDER), run by the interpreter that has Roundup in it.

``classic`` gets fields of our own beside its schema's; ``devel`` is as it comes, but for who may do what.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

from roundup import instance
from roundup.password import Password

_USERS = {"sync": "Sync Tést", "alice": "Alice Tést", "bob": "Bob Tést"}
_CLASSIC = """assignedto=Link("user"),
                remote_id=String(),
                due=Date(),
                dependson=Multilink("issue"),"""
_ROLES = {"classic": "User", "devel": "User,Developer,Coordinator"}


def main(template: str, folder: Path) -> None:
    """Install, change, initialise, fill."""
    shutil.rmtree(folder)
    admin = (sys.executable, "-P", "-m", "roundup.scripts.roundup_admin", "-i", str(folder))
    subprocess.run((*admin, "install", template, "sqlite"), check=True, stdout=subprocess.DEVNULL)
    config = folder / "config.ini"
    text = config.read_text()
    for section, name, value in (
        ("main", "password_pbkdf2_default_rounds", "1000"),  # the lowest: each test signs in
        ("tracker", "web", "http://127.0.0.1/"),
        ("mail", "domain", "example.test"),
        ("mail", "host", "localhost"),
        ("mail", "debug", "mail.log"),  # mail goes to a file, none leaves
    ):
        text = re.sub(rf"(?ms)(^\[{section}\]$.*?^)#?{name} =[^\n]*", rf"\1{name} = {value}", text, count=1)
    config.write_text(text)
    schema = folder / "schema.py"
    if template == "classic":
        schema.write_text(schema.read_text().replace('assignedto=Link("user"),', _CLASSIC, 1))
    subprocess.run((*admin, "initialise", "testbed-admin"), check=True, stdout=subprocess.DEVNULL)
    tracker = instance.open(str(folder))
    database = tracker.open("admin")
    try:
        for login, name in _USERS.items():
            database.user.create(
                username=login,
                password=Password(f"testbed-{login}", config=database.config),
                address=f"{login}@example.test",
                realname=name,
                roles=_ROLES[template],
            )
        for name in ("backend", "frontend"):
            database.keyword.create(name=name)
        database.commit()
    finally:
        database.close()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
