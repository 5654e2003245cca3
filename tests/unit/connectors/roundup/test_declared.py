"""What a Roundup declares of its classes is read whatever else it says; anything else declares nothing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from server.connectors.roundup.declared import Declared, read

ANSWER = b"""<?xml version='1.0'?>
<methodResponse><params><param><value><struct>
<member><name>bug</name><value><array><data>
<value><array><data><value><string>due</string></value>
<value><string>&lt;roundup.hyperdb.Date&gt;</string></value></data></array></value>
<value><array><data><value><string>patches</string></value>
<value><string>&lt;roundup.hyperdb.Multilink to "patch"&gt;</string></value></data></array></value>
<value><array><data><value><string>odd</string></value>
<value><string>something else</string></value></data></array></value>
</data></array></value></member>
<member><name>empty</name><value><array><data></data></array></value></member>
</struct></value></param></params></methodResponse>"""


def test_the_properties_of_each_class_are_read() -> None:
    assert read(ANSWER) == {"bug": {"due": Declared("Date"), "patches": Declared("Multilink", "patch")}}
    assert read(ANSWER)["bug"]["patches"].many


def test_a_fault_and_a_page_to_log_in_at_declare_nothing() -> None:
    fault = b"<methodResponse><fault><value><struct><member><name>faultString</name><value><string>Forbidden</string>"
    assert read(fault + b"</value></member></struct></value></fault></methodResponse>") == {}
    assert read(b"<html><form><input name='login'></form></html>") == {}


@given(st.binary())
def test_anything_else_declares_nothing(content: bytes) -> None:
    assert read(content) == {}
