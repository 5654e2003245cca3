"""What people write in the story, in each tracker's own markup; every text has words of its own."""

from __future__ import annotations

import random

from tests.e2e.trackers.visits import Upload

_TEXTILE = """h2. Überschrift {word}

Ein *fetter* Absatz mit _schräger_ Schrift, einem "Verweis":https://example.test/{word}/größe und
Zeichen: ä ß ł 山田太郎 €.

* erster Punkt {word}
* zweiter Punkt

# einmal
# nochmals

<pre>
if links < rechts: return {word}
</pre>

Mit freundlichen Grüßen"""
_HTML = """<h2>Überschrift {word}</h2>
<p>Ein <strong>fetter</strong> Absatz mit <em>schräger</em> Schrift, einem
<a href="https://example.test/{word}/größe">Verweis</a> und Zeichen: ä ß ł 山田太郎 €.</p>
<ul><li>erster Punkt {word}</li><li>zweiter Punkt</li></ul>
<ol><li>einmal</li><li>nochmals</li></ol>
<pre>if links &lt; rechts: return {word}</pre>
<p>Mit freundlichen Grüßen</p>"""
_PLAIN = """Überschrift {word}

Ein Absatz mit Zeichen: ä ß ł 山田太郎 €. Größer (oder kleiner) als {word}?

- erster Punkt {word}
- zweiter Punkt

Mit freundlichen Grüßen"""
_LONG = {"textile": _TEXTILE, "html": _HTML, "plain": _PLAIN}
_SHORT = {
    "textile": "*Antwort* {word}: größer als _zuvor_, siehe 山田太郎 & Łukasz.",
    "html": "<p><strong>Antwort</strong> {word}: größer als <em>zuvor</em>, siehe 山田太郎 &amp; Łukasz.</p>",
    "plain": "Antwort {word}: größer als zuvor, siehe 山田太郎 & Łukasz.",
}
MEGABYTE = 1024 * 1024


def description(markup: str, word: str) -> str:
    """A long text that holds ``word``."""
    return _LONG[markup].format(word=word)


def remark(markup: str, word: str) -> str:
    """A short text that holds ``word``."""
    return _SHORT[markup].format(word=word)


def title(word: str) -> str:
    """A title that nothing else has."""
    return f"Drucker „größer“ & <schneller> {word} 請幫忙"


def upload(name: str, size: int, content_type: str = "application/octet-stream") -> Upload:
    """A file of random bytes; the same for the same name and size."""
    return Upload(name, random.Random(f"{name}{size}").randbytes(size), content_type)  # noqa: S311 - not a secret
