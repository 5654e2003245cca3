"""Writes the running text of one block as Textile for Redmine; blocks are none of its business.

What would be taken for markup is written as a character reference, and a mark that cannot stand where it should is left
out and told: people see the words that were meant, and no signs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from server.domain.syntax import Guard
from server.engine.richtext.document import JOINER, MEANT, Break, Image, Inline, Inlines, Mark, Mention, Text
from server.engine.richtext.links import BARE, bare_link
from server.engine.richtext.runs import Run, in_runs
from server.engine.richtext.textile import ATTRIBUTES, CLOSERS, LINK_END, LINK_START, OFF_TAG, SIGNS, SPAN_END, SPANS

CODE = "code that contains a <pre> or <code> tag became running text"
_IN_WORD = "marks within a word: Textile has them around whole words only"
_ALTS = "brackets in the description of a picture"
_LINKS = "a link that Textile cannot hold: its address stands beside it"

AT_START = re.compile(
    rf"[#*]+(?={ATTRIBUTES}(?: |$))"
    rf"|=+(?=\s|$)|[{{>]|{ATTRIBUTES}\.? ?(?P<bar>\|)"
    r"|(?:p|bq|h[1-6])(?=[^\s.]*\.(?::\S+)? )|fn\d*(?=[^\s.]*\. )"
)
"""What Redmine takes for the sign of a block at the start of a line."""
_SPECIAL = re.compile(
    r"(?P<span>[*_+^~%-]|\?\?)|(?P<code>@)|(?P<bang>!)|\"(?=:(?:/|[a-zA-Z]+://|www\.|mailto:))|(?P<bar>\|)"
    r"|(?P<amp>&)|<(?=\S|\Z)|(?P<macro>\[(?=\[)|\{(?=\{))|(?P<note>\[(?=[0-9]+\]))"
    r"|(?P<auto>(?:https?|s?ftps?)://|www\.)|(?P<equal>=(?==))|(?P<title>\()|\x00"
)
_MAY_CLOSE = {sign: re.compile(rf"(?<=\S){re.escape(sign)}(?=[\W_]|\Z|https?:|s?ftps?:|www\.)") for sign in SPANS}
"""Where a span could end, however what follows will be written."""
_ODD_IN_CODE = re.compile(r"[@<>&|!\"]|==")
_ODD_IN_ADDRESS = re.compile(r"\s?[^\s*_+^~%@!\"&<{\[=|(?-]{0,200}+\S|\s?\S{0,200}?(?:www\.|://)")
_SHOWS_ITSELF = re.compile(r"(?:https?|ftp)://(?!.*(?:&#?\w+;|(?-i:[A-Z][A-Z0-9]+\()))", re.IGNORECASE)
"""An address that Redmine links where it stands as it is."""
_BEFORE_SPAN = " \n(>*_+^~%?-@!"
"""Blanks, and what is or becomes the end of a tag: signs of marks, of code and of pictures."""
_ALT = re.compile(r"(?:[^()<>=]|=(?!=)|\([^()<>=]+\))*")
_SENTENCE_END = re.compile(r"[.,;:!?')]{0,3}(?=\s|\Z)")
"""What may follow an address with no blank: of more, Redmine could make a part of it."""
_SPAN_SIGNS = "*_+^~%?"
_NEAR = 8
"""Pieces of a mark of which one shows what comes first."""
_FAR = 60
"""Characters that are looked at before and after a sign."""
_REFERENCE = re.compile(r"&#?[a-zA-Z0-9]+;")
_TOO_MUCH = 1 << 60
_EDGE = "\x02"
"""Between two pieces: signs may come to stand there, beside which another may close."""
_TAG = "\x03"
"""What follows the last words within a mark: Redmine has made a tag of its sign by then."""


class Words:
    """Writes the inlines of one block.

    ``in_cell``: a bar would end the cell. ``lost`` is told what Textile cannot hold.
    """

    def __init__(self, inlines: Inlines, lost: dict[str, None], *, in_cell: bool = False) -> None:
        self._inlines = inlines
        self._lost = lost
        self._in_cell = in_cell
        self._in_link = False
        self._done = ""
        self._position = 0
        """How much of the words has been written: openings are harmless unless something closes them later."""
        words = _EDGE.join(_words(one) for one in inlines) + _EDGE
        self._last = {sign: _last(_MAY_CLOSE[sign].finditer(words)) for sign in SPANS if sign in words}
        if "%" in words:  # Redmine writes an ampersand as x%x% for a while
            self._last["%"] = max(self._last["%"], words.rfind("&"))
        self._last["@"] = words.rfind("@")
        for one in inlines:
            if isinstance(one, Text):
                for mark in one.marks:
                    self._last[SIGNS.get(mark, "@")] = _TOO_MUCH
                for sign in SPANS:
                    if sign in one.link:
                        self._last[sign] = _TOO_MUCH

    def written(self) -> str:
        """The whole block."""
        self._pieces(self._inlines, "")
        return self._done

    def _pieces(self, inlines: Inlines, after: str) -> None:  # noqa: C901 - a table of cases
        """``after`` is what follows the last of them, as far as it is known."""
        pieces = list(in_runs(inlines))
        for index, one in enumerate(pieces):
            following = _ahead(pieces, index + 1, after)
            match one:
                case Run(mark=Mark.CODE):
                    self._code(one, following)
                case Run(mark=Mark() as mark):
                    self._marked(one, mark, following)
                case Run():
                    self._link(one, following)
                case Text(how=""):
                    self._text(one.text, following)
                case Text():
                    self._guarded(one, following)
                case Mention():
                    self._text(f"@{one.name}", following)
                case Break():
                    self._done += "\n"
                    self._position += 1
                case Image():
                    self._image(one, following)
            if not isinstance(one, Run):
                self._position += len(_EDGE)

    def _marked(self, run: Run, mark: Mark, following: str) -> None:
        sign = SIGNS[mark]
        before = self._done[-1:]
        outer = before if before not in SPANS else self._done[-2:-1]
        fits = (
            not (sign == "-" and following.startswith("-"))
            and self._begins(outer)
            and (not following or bool(SPAN_END.match(following)))
        )
        start, position = len(self._done), self._position
        if fits:
            self._done += sign
            self._pieces(run.inlines, _TAG)
            inner = self._done[start + 1 :]
            if len(inner) == 1 and not inner.isalnum():
                inner = f"&#{ord(inner)};"
                self._done = f"{self._done[: start + 1]}{inner}"
            entry = sign == "*" and bool(AT_START.match(sign + inner))  # it could be a list's
            shown = not CLOSERS[sign].search(inner + " ") and sign not in (inner[0], inner[-1]) and inner[-1] != " "
            first = entry or inner[0] in "([{"  # those would be its attributes
            if shown and not (first and (_has_sign(next(in_runs(run.inlines))) or inner[1] in SIGNS.values())):
                if first:
                    self._done = f"{self._done[: start + 1]}&#{ord(inner[0])};{inner[1:]}"
                self._done += sign
                return
            self._done, self._position = self._done[:start], position
        self._lost[_IN_WORD] = None
        self._pieces(run.inlines, following)

    def _begins(self, before: str) -> bool:
        """Whether a span may begin after that sign. A ``>`` at the start of a line is written as a reference."""
        return not before or before in " \n(" or (before == ">" and self._done[-2:-1] not in {"", "\n"})

    def _code(self, run: Run, following: str) -> None:
        text = "".join(one.text for one in run.inlines if isinstance(one, Text))
        before = self._done[-1:]
        word = bool(re.match(r"\w", before)) or bool(re.match(r"\w", following))  # a little stricter than Redmine
        plain = all(isinstance(one, Text) and not one.how for one in run.inlines)  # else @x@ may look like a mention
        word = word or following.startswith("&")  # Redmine writes that as x%x% for a while
        alone = not following and self._done.startswith("<")  # Redmine makes no paragraph of what begins with a tag
        if plain and not (word or alone) and before != "@" and not _ODD_IN_CODE.search(text):
            self._done += f"@{text}@"
        elif not OFF_TAG.search(text):
            self._done += f"<code>{text}</code>"
        else:
            self._lost[CODE] = None
            self._text(text, following)
            self._position += len(_EDGE)
            return
        self._position += len(text + _EDGE)

    def _link(self, run: Run, following: str) -> None:
        words = "".join(one.text for one in run.inlines if isinstance(one, Text))
        ends = not following or following[0].isspace() or following == _TAG
        if words == run.link and _SHOWS_ITSELF.match(words + following[:1]):
            if re.match(r"[^\W_]", self._done[-1:]):
                self._done += " "
            self._done += words
            self._position += len(words + _EDGE)
            found = BARE.match(words + following)
            ends = ends or bool(found and bare_link(found) == words and _SENTENCE_END.match(following))
        elif LINK_START.match(run.link):
            address = re.sub(r"[^\w=/;-]\Z", _encoded, run.link)
            self._done += '"'
            start = len(self._done)
            self._in_link = True
            self._pieces(run.inlines, '"')
            self._in_link = False
            inner = self._done[start:].replace('"', "&quot;").replace("\n", " ")
            if inner[0] in "([{":
                inner = f"&#{ord(inner[0])};{inner[1:]}"
            if inner[-1] == ")":
                inner = f"{inner[:-1]}&#41;"
            self._done = f'{self._done[:start]}{inner}":' + re.sub(r"&(?=[#a-zA-Z0-9]+;)", "&amp;", address)
        else:
            self._lost[_LINKS] = None
            self._pieces(run.inlines, " ")
            position = self._position
            self._text(f" ({run.link})", following)
            self._position = position
            return
        if not ends:
            self._done += " "

    def _image(self, image: Image, following: str) -> None:
        if self._done and not self._done[-1].isspace():
            self._done += " "
        source = re.sub(r"^=", "%3D", image.source.replace("!", "%21"))
        if not re.search(r"[./]", source):
            source = f"./{source}"
        alt = (
            image.alt if _ALT.fullmatch(image.alt) else re.sub(r"[()<>]|=(?==)", "", image.alt)
        )  # no reference is read there
        if alt != image.alt:
            self._lost[_ALTS] = None
        self._done += f"!{source}({alt})!" if alt else f"!{source}!"
        if image.link:
            self._done += f":{image.link}"
            if following and not LINK_END.match(following):
                self._done += " "
        elif following.startswith(":"):
            self._done += " "

    def _guarded(self, text: Text, following: str) -> None:
        """Text that Redmine shall take for a link, or must not."""
        if text.how == MEANT:
            self._done += text.text
            self._position += len(text.text)
            return
        first, rest = text.text[0], text.text[1:]
        self._done += first + JOINER if text.how == Guard.JOINER else f"&#{ord(first)};"
        self._position += 1
        self._text(rest, following)

    def _text(self, text: str, following: str) -> None:
        """Text that stays text, before ``following``."""
        done: list[str] = []
        end = 0
        before = self._done[-1:]
        for found in _SPECIAL.finditer(text + following):
            start = found.start()
            if start >= len(text):
                break
            if start > end:
                before = text[start - 1]
            done.append(text[end:start])
            end = min(found.end(), len(text))
            signs = text[start:end]
            so_far = (self._done[-_FAR:] + text[max(start - _FAR, 0) : start])[-_FAR:]
            if self._harmless(found, before, text + following, so_far):
                done.append(signs)
                before = signs[-1]
            else:
                done.append(f"&#{ord(signs[0])};{signs[1:]}")
                before = signs[1:][-1:] or ";"
        self._done += "".join(done) + text[end:]
        self._position += len(text)

    def _harmless(self, found: re.Match[str], before: str, text: str, so_far: str) -> bool:
        """Whether Redmine would not take it for markup, or nothing closes it. ``so_far``: what stands before it."""
        here = self._position + found.start()
        following = text[found.end() : found.end() + 1]
        if found["span"]:
            opens = not before or before in _BEFORE_SPAN
            closed = any(self._last.get(sign, -1) > here for sign in SPANS if sign[0] == found[0][0])
            dashes = found[0] == "-" and (before == "-" or (following == "-" and before not in _SPAN_SIGNS))
            return not opens or not closed or following == " " or dashes
        if found["code"]:
            inside = before == "_" or (before.isascii() and before.isalnum())
            return inside or self._last["@"] <= here
        if found["bang"]:
            inside = bool(before) and before not in " \n>(,-["
            return inside or not following.strip()  # what closes it may stand paragraphs below
        if found["auto"]:  # within what it links, Redmine shows character references as they are written
            return not self._in_link and not _ODD_IN_ADDRESS.match(text, found.end())
        if found["bar"]:
            return not self._in_cell
        if found["amp"]:  # within a mail's address Redmine does not write it back
            return not _REFERENCE.match(text, found.start()) and "@" not in so_far.rpartition(" ")[2]
        if found["note"]:
            return not re.match(r"\w", before)
        if found["equal"]:
            return bool(before) and not before.isspace()
        if found["title"]:
            return not re.search(r"[A-Z][A-Z0-9]+\Z", so_far)
        return False


def _encoded(found: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in found[0].encode())


def _has_sign(piece: Inline | Run) -> bool:
    return isinstance(piece, Run) and piece.mark in SIGNS


def _words(one: Inline) -> str:
    match one:
        case Text():
            return one.text
        case Mention():
            return f"@{one.name}"
        case Break():
            return "\x01"  # to Redmine a line break is a tag by then, and no blank
        case Image():
            return ""


def _ahead(pieces: list[Inline | Run], start: int, after: str) -> str:
    """What the pieces from ``start`` show, up to the first blank or a little further; ``after`` is behind the last."""
    ahead = ""
    for index in range(start, len(pieces)):
        ahead += _first(pieces[index])[:_FAR]
        if len(ahead) >= _FAR or re.search(r"\s", ahead):
            return ahead
    return ahead + after


def _first(piece: Inline | Run) -> str:
    """What the next piece shows, or the sign that is sure to come first."""
    match piece:
        case Text():
            return piece.text
        case Mention():
            return f"@{piece.name}"
        case Break():
            return "\n"
        case Image():
            return " "
        case Run(mark=Mark.CODE):
            words = "".join(_words(one) for one in piece.inlines)
            return words if OFF_TAG.search(words) else f"@{words}"
        case Run(mark=Mark()):
            return _ahead(list(in_runs(piece.inlines[:_NEAR])), 0, "")  # its sign may be left out
        case Run():
            words = "".join(_words(one) for one in piece.inlines)
            return f'"{words}' if words != piece.link and LINK_START.match(piece.link) else words


def _last(found: Iterator[re.Match[str]]) -> int:
    return max((one.start() for one in found), default=-1)
