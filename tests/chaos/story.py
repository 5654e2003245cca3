"""What people do on both sides before, while and after the chaos happens; titles are unique."""

from __future__ import annotations

from tests.chaos.stage import REFUSED, Stage, id_of, item

LEFT, RIGHT = 14, 5
PRIVATE = "for our eyes only"


def before(stage: Stage) -> None:
    """What is there when the integration starts: items of both sides, comments, private ones among them, files."""
    for number in range(LEFT):
        item(stage.left, f"L{number} the left one", labels=[f"red{number % 3}"], status=("open", "closed")[number % 2])
    for number in range(RIGHT):
        item(stage.right, f"R{number} the right one", labels=["blue"])
    item(stage.left, f"Refused: {REFUSED} on the right")
    for app, letter in ((stage.left, "L"), (stage.right, "R")):
        for number in (0, 1):
            there = id_of(app, f"{letter}{number} ")
            app.control("comment", id=there, body=f"{letter}{number} was said openly")
            app.control("comment", id=there, body=f"{letter}{number} was said {PRIVATE}", private=True)
            app.control("file", id=there, name=f"{letter}{number}.txt", text=f"content of {letter}{number}\n" * 50)


def live(stage: Stage) -> None:
    """Edits on both sides of items that are known by then, and new ones."""
    left, right = stage.left, stage.right
    left.control("edit", id=id_of(left, "L3 "), fields={"title": "L3 the left one, renamed", "labels": ["green"]})
    right.control("edit", id=id_of(right, "L4 "), fields={"text": "typed on the right", "status": "closed"})
    right.control("edit", id=id_of(right, "R2 "), fields={"title": "R2 the right one, renamed"})
    left.control("edit", id=id_of(left, "R3 "), fields={"text": "typed on the left"})
    said = left.items()[0]["comments"][0]
    left.control("edit_comment", id=id_of(left, "L0 "), comment=said["id"], body="L0 was said otherwise")
    right.control("comment", id=id_of(right, "L5 "), body=f"an answer {PRIVATE}", private=True)
    right.control("comment", id=id_of(right, "L5 "), body="an answer to all")
    left.control("file", id=id_of(left, "R1 "), name="later.txt", text="a later file")
    left.control("link", id=id_of(left, "L7 "), target=id_of(left, "L8 "))
    right.control("parent", id=id_of(right, "L9 "), parent=id_of(right, "L7 "))
    item(left, "LN the left one, new")
    item(right, "RN the right one, new")


def meanwhile(stage: Stage) -> list[str]:
    """Edits while nobody works; what was typed into one and the same field, as far as both sides have the item."""
    item(stage.left, "LM the left one, of meanwhile")
    item(stage.right, "RM the right one, of meanwhile")
    stage.left.control("comment", id=id_of(stage.left, "L6 "), body="said meanwhile")
    typed = []
    for app, words in ((stage.left, "overwritten words of the left"), (stage.right, "the last words of the right")):
        for one in app.items():
            if one["fields"]["title"].startswith("L6 "):
                app.control("edit", id=one["id"], fields={"text": words})
                typed.append(words)
    return typed
