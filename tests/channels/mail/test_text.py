"""HTML as text: the conventions of the corpus, one by one."""

import pytest

from channels.mail.text import html_to_text

CASES = {
    "blocks and breaks are lines": ("<div>a</div><div>b<br></div>c<br>d", "a\nb\nc\nd"),
    "a block with a break alone is a blank line": ("<div>a</div><div><br></div>b", "a\n\nb"),
    "a block with a space alone is a blank line": ("<div>a</div><div>&nbsp;</div>b", "a\n\nb"),
    "paragraphs have blank lines around them": ("x<p>a</p><p>b</p>y", "x\n\na\n\nb\n\ny"),
    "but none at an edge": ("<div>x</div><div><p>a</p></div><div>y</div>", "x\na\ny"),
    "Outlook's paragraphs are lines": (
        "".join(f"<p class=MsoNormal>{text}</p>" for text in ("a", "b", "", "c")),
        "a\nb\n\nc",
    ),
    "paragraphs without margins are lines": (
        '<p style="margin-top:0">a</p><p style="margin: 0cm">b</p>',
        "a\nb",
    ),
    "so they are where the page says so": (
        "<head><style>P {margin-top:0;}</style></head><p>a</p><p>b</p>",
        "a\nb",
    ),
    "lists": (
        "a<ul><li>b</li><li>c</li></ul><ol><li><p>d</p></li><li>e</ol>f",
        "a\n- b\n- c\n1. d\n2. e\nf",
    ),
    "a rule is a blank line": ("a<hr>b", "a\n\nb"),
    "quotes have signs": (
        "a<blockquote><p>b</p><p>c</p><blockquote>d</blockquote></blockquote>e",
        "a\n> b\n>\n> c\n>\n> > d\ne",
    ),
    "links keep their text, pictures nothing": ('<a href="x">a</a> <img alt="b"><b>c</b>', "a c"),
    "spaces collapse": ("<div>a\n  b&nbsp; c\u202fd</div>", "a b c d"),
    "but not in preformatted text": ("<pre>a\n  b\n\nc</pre>", "a\n  b\n\nc"),
    "cells stand side by side": (
        "<table><tr><th>a:</th><td>b</td></tr><tr><td>c</td></tr>",
        "a: b\nc",
    ),
    "what is not shown is not read": (
        "<title>a</title><style>b</style><script>c</script><!-- d -->e",
        "e",
    ),
    "an encoding named in the page is a lie": ("<?xml version='1.0' encoding='utf-16'?>ж", "ж"),
    "broken characters do no harm": ("a\0b\ufeffc \ud800", "abc ?"),
    "nothing": ("", ""),
}


@pytest.mark.parametrize("name", CASES)
def test_conventions(name: str):
    html, text = CASES[name]
    assert html_to_text(html) == text


@pytest.mark.parametrize(
    "page",
    ["<div>" * 400 + "deep" + "</div>" * 400 + "end", "<br>" * 30_000 + "deep<p>end"],
    ids=["deep", "many"],
)
def test_page_over_a_limit_keeps_its_words(page: str):
    assert html_to_text(page).split() == ["deep", "end"]


def test_page_over_a_limit_is_still_cleaned():
    page = "<style>p{}</style><!-- x -->a &lt;b&gt;" + "<br>" * 25_000 + "<p>c</p>"
    assert html_to_text(page).split() == ["a", "<b>", "c"]
