"""HTML made harmless: bounded first, then sanitised by nh3 against an allow-list.

The sanitiser's parser follows the HTML standard, and the standard's algorithms are quadratic in
open elements and in the pieces of a text. So the source is tamed before: one million characters,
so many tags and references, so deep. Whatever that makes of hostile input, nh3 comes after it and
alone decides what is safe.

Pictures of the mail itself (`cid:`) and embedded ones stay. What would be fetched from elsewhere
tells its sender who read the mail and when: the address moves to `data-remote-src`, for the
reader to ask for. HTML Living Standard sections 13.2.5 and 13.2.6; RFC 2392 (cid).
"""

from __future__ import annotations

import html as entities
import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote

import nh3

MAX_CHARACTERS = 1_000_000
MAX_TAGS = 40_000
MAX_REFERENCES = 200_000  # read
MAX_KEPT_REFERENCES = 40_000  # handed on
MAX_DEPTH = 200

_REFERENCE = re.compile(r"&(?:#[xX]?[0-9a-fA-F]{1,7};|[a-zA-Z][a-zA-Z0-9]{1,31};)?")
_TAG = re.compile(r"<(/?)([a-zA-Z][\w:-]{0,30})(?:[^<>]*)>?")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Elements that close themselves or whose end may be left out: open ones do not pile up.
_FLAT = _words(
    """
    area base br col embed hr img input link meta param source track wbr p li td tr th dt dd
    thead tbody tfoot colgroup html head body
    """
)
_TAGS = _words(
    """
    a abbr acronym address article aside b bdi bdo big blockquote br caption center cite code
    col colgroup dd del details dfn div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6
    header hr i img ins kbd li main mark nav ol p pre q rp rt ruby s samp section small span
    strike strong sub summary sup table tbody td tfoot th thead time tr tt u ul var wbr
    """
)
_DROPPED = _words(
    """
    script style title head noscript template iframe object embed applet svg math select
    textarea button audio video
    """
)
_ATTRIBUTES = {
    "*": {"class", "dir", "lang", "style", "title", "align", "valign"},
    "a": {"href", "name"},
    "img": {"src", "alt", "width", "height"},
    "font": {"color", "face", "size"},
    "table": {"border", "cellpadding", "cellspacing", "width", "height", "bgcolor"},
    "td": {"colspan", "rowspan", "width", "height", "bgcolor"},
    "th": {"colspan", "rowspan", "width", "height", "bgcolor"},
    "tr": {"bgcolor", "height"},
    "col": {"span", "width"},
    "ol": {"start", "type"},
    "blockquote": {"cite", "type"},
    "div": {"bgcolor"},
}
_STYLES = _words(
    """
    background-color border border-bottom border-collapse border-color border-left border-radius
    border-right border-spacing border-style border-top border-width color direction display
    font font-family font-size font-style font-variant font-weight height letter-spacing
    line-height list-style-type margin margin-bottom margin-left margin-right margin-top
    max-height max-width min-height min-width padding padding-bottom padding-left padding-right
    padding-top table-layout text-align text-decoration text-indent text-transform
    vertical-align white-space width word-break word-spacing word-wrap
    """
)
_SCHEMES = frozenset({"http", "https", "mailto", "tel", "cid", "data"})
_LOADS = re.compile(r"(?i)url|expression|image|\\|@|/\*|var\(")
_EMBEDDED = re.compile(r"(?i)^data:image/(?:png|gif|jpe?g|webp);base64,[a-z0-9+/=\s]*$")
_IMAGE = re.compile(r'<img((?: [\w-]+="[^"]*")*)>')
_LINK = re.compile(r"<a(?=[ >])")
_SOURCE = re.compile(r' src="([^"]*)"')
_CID = re.compile(r"(?i)\b(?:src|background)\s*=\s*[\"']?\s*cid:([^\"'\s>]{1,400})")


@dataclass(frozen=True, slots=True)
class Tamed:
    """HTML of bounded size and depth, not yet safe to show."""

    html: str
    shortened: bool


@dataclass(frozen=True, slots=True)
class Safe:
    """HTML fit to be shown; `remote` pictures are held back."""

    html: str
    remote: int


def tame(html: str) -> Tamed:
    """Bound what costs time."""
    text, lost = html[:MAX_CHARACTERS], len(html) > MAX_CHARACTERS
    text, too_many = _until(text, "&", MAX_REFERENCES)
    lost |= too_many
    if "&" in text:
        text, too_many = _until(_REFERENCE.sub(_reference, text), "&", MAX_KEPT_REFERENCES)
        lost |= too_many
    text, too_many = _until(text, "<", MAX_TAGS)
    flat, too_deep = _flattened(text)
    return Tamed(flat, lost or too_many or too_deep)


def sanitise(html: str) -> Safe:
    """Only the allowed, remote pictures held back. Give it tamed HTML."""
    cleaned = _cleaner().clean(html)
    remote = 0

    def held_back(image: re.Match[str]) -> str:
        nonlocal remote
        source = _SOURCE.search(image[1])
        if source is None or source[1][:4].lower() in ("cid:", "data"):
            return image[0]
        remote += 1
        return f"<img{image[1].replace(' src=', ' data-remote-src=', 1)}>"

    # nh3 could write these itself, but in an order that changes from run to run.
    linked = _LINK.sub('<a target="_blank" rel="noopener noreferrer nofollow"', cleaned)
    return Safe(_IMAGE.sub(held_back, linked), remote)


@lru_cache(maxsize=1)
def _cleaner() -> nh3.Cleaner:
    """Made once: handing over what is allowed takes longer than cleaning a short letter."""
    return nh3.Cleaner(
        tags=set(_TAGS),
        clean_content_tags=set(_DROPPED),
        attributes=_ATTRIBUTES,
        attribute_filter=_attribute,
        filter_style_properties=set(_STYLES),
        url_schemes=set(_SCHEMES),
        link_rel=None,
        url_relative="deny",
    )


def content_ids(html: str) -> frozenset[str]:
    """The pictures of the mail that the HTML shows."""
    if "cid:" not in html.lower():
        return frozenset()
    return frozenset(unquote(entities.unescape(found)) for found in _CID.findall(html))


def escaped(text: str) -> str:
    """Plain text as HTML, lines kept."""
    return '<div style="white-space:pre-wrap">' + entities.escape(text, quote=False) + "</div>"


def _until(text: str, char: str, limit: int) -> tuple[str, bool]:
    """The text before the character comes once too often, and whether it does."""
    if text.count(char) <= limit:
        return text, False
    return char.join(text.split(char, limit)[:limit]), True


def _reference(found: re.Match[str]) -> str:
    return _resolved(found[0])


@lru_cache(maxsize=4096)
def _resolved(reference: str) -> str:
    """Letters as letters; what is markup stays a reference, a bare ampersand becomes one."""
    if reference == "&":
        return "&amp;"
    char = entities.unescape(reference)
    return char if char and min(char) > "\x7f" else reference


def _flattened(html: str) -> tuple[str, bool]:
    """Without the tags that stand too deep."""
    if html.count("<") <= MAX_DEPTH:  # so few that none can
        return html, False
    counts: dict[str, int] = {}
    depth, deepest = 0, 0

    def tag(found: re.Match[str]) -> str:
        nonlocal depth, deepest
        name = found[2].lower()
        if name in _FLAT:
            return found[0]
        if found[1]:
            if counts.get(name):
                counts[name] -= 1
                depth -= 1
                return found[0] if depth < MAX_DEPTH else " "
            return found[0]
        counts[name] = counts.get(name, 0) + 1
        depth += 1
        deepest = max(deepest, depth)
        return found[0] if depth <= MAX_DEPTH else " "

    return _TAG.sub(tag, html), deepest > MAX_DEPTH


def _attribute(tag: str, name: str, value: str) -> str | None:
    if name == "style":
        if not _LOADS.search(value):  # as almost always
            return value
        return ";".join(part for part in value.split(";") if not _LOADS.search(part))
    scheme = value.lstrip()[:5].lower()
    if scheme == "data:":
        return value if tag == "img" and name == "src" and _EMBEDDED.match(value) else None
    if scheme.startswith("cid:"):
        return value if tag == "img" and name == "src" else None
    return value
