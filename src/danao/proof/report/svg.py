"""Putting SVG pictures into one HTML page: unique ids, a label for readers who cannot see, nothing loaded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree

from markupsafe import Markup

from danao.core.errors import BadInput

_XLINK = "{http://www.w3.org/1999/xlink}"
_INLINE = {"text", "tspan", "textPath", "a", "title", "desc"}
_FORBIDDEN = {"script", "foreignObject", "iframe", "object", "embed", "audio", "video", "handler", "set"}
_URL = re.compile(r"url\(\s*['\"]?#([^'\")]+)['\"]?\s*\)")
_OUTSIDE = re.compile(r"url\(\s*['\"]?(?!#|['\"]?data:)|@import", re.IGNORECASE)
_SHORT_FONT = re.compile(r"font:\s*(?P<weight>(?:[a-z0-9]+\s+)*?)(?P<size>[\d.]+px)\s+[^;]*")
_FONT_FAMILY = re.compile(r"font-family:[^;]*;?\s*")


class Gallery:
    """The pictures of one page; each gets ids of its own."""

    def __init__(self) -> None:
        self._count = 0

    def own(self, source: str, label: str) -> Markup:
        """A picture drawn for the report, in the page's font."""
        return self._add(source, label, "picture of the report", own_font=False)

    def exhibit(self, source: str, label: str, where: str) -> Markup:
        """A picture that the case brings along, in the font it names."""
        return self._add(source, label, where, own_font=True)

    def _add(self, source: str, label: str, where: str, *, own_font: bool) -> Markup:
        self._count += 1
        return Markup(embed(source, f"picture-{self._count}", label, where, own_font=own_font))


def embed(source: str, prefix: str, label: str, where: str, *, own_font: bool = True) -> str:
    """An SVG picture as an element of an HTML page.

    Args:
        source: A complete, well-formed SVG document or element.
        prefix: Put before every id, so that pictures of one page do not meet.
        label: What the picture shows, for screen readers.
        where: Name of the picture in error messages.
        own_font: Whether the picture keeps its fonts and style sheet; otherwise it takes those of the page.

    Raises:
        BadInput: It is not a well-formed `<svg>`, or it would run a script or load something.
    """
    root = _parse(source, where)
    styled = list(_cleaned(root, where, own_font))
    ids = {name: f"{prefix}-{name}" for name in _references(root)}
    for element in root.iter():
        _rename(element, ids)
    for style in styled:
        # Nested under the picture's own id: a picture's style sheet must not reach the rest of the page.
        style.text = f"#{prefix}{{{_renamed_style(style.text or '', ids)}}}"
    root.attrib = {
        "id": prefix,
        "class": "picture",
        "role": "img",
        "aria-label": label,
        "viewBox": _view_box(root),
        **{
            name: value
            for name, value in root.attrib.items()
            if name in ("preserveAspectRatio", "style", "font-family", "font-size", "fill", "stroke")
        },
    }
    root.tail = None
    return ElementTree.tostring(root, encoding="unicode", short_empty_elements=True)


def is_wide(embedded: str) -> bool:
    """Whether an embedded picture is at least twice as wide as high."""
    found = re.search(r'viewBox="([^"]+)"', embedded)
    box = _numbers(found.group(1)) if found else []
    return len(box) == 4 and box[3] > 0 and box[2] / box[3] >= 2


def _parse(source: str, where: str) -> ElementTree.Element:
    remedy = "Give one complete <svg> element, for example what a plotting library saves as SVG"
    try:
        root = ElementTree.fromstring(source.strip())
    except ElementTree.ParseError as error:
        raise BadInput(where, f"the SVG is not well-formed ({error})", "Expected an <svg> element", remedy) from error
    if _local(root.tag) != "svg":
        raise BadInput(where, f"found <{_local(root.tag)}>", "Expected an <svg> element", remedy)
    return root


def _cleaned(root: ElementTree.Element, where: str, own_font: bool) -> Iterator[ElementTree.Element]:
    """Strip namespaces and what HTML does not need, refuse what loads or runs; yields the style elements."""
    for element in root.iter():
        element.tag = _local(element.tag)
        if element.tag in _FORBIDDEN:
            raise _refused(where, f"<{element.tag}>")
        for child in list(element):
            dropped = ("metadata",) if own_font else ("metadata", "style")
            if _local(child.tag) in dropped or not _is_svg(child.tag):
                element.remove(child)
        for name, value in list(element.attrib.items()):
            del element.attrib[name]
            if name.startswith("{") and not name.startswith(_XLINK):
                continue
            plain = name.replace(_XLINK, "xlink:")
            _check_attribute(where, plain, value)
            element.attrib[plain] = value if own_font or plain != "style" else _page_font(value)
        if element.tag == "style":
            if _OUTSIDE.search(element.text or ""):
                raise _refused(where, "a style sheet that loads something")
            yield element


def _check_attribute(where: str, name: str, value: str) -> None:
    if name.lower().startswith("on"):
        raise _refused(where, f"the event handler {name}")
    link = name in ("href", "xlink:href", "src")
    if link and not value.strip().startswith(("#", "data:image/")):
        raise _refused(where, f'{name}="{value[:60]}"')
    if _OUTSIDE.search(value):
        raise _refused(where, f"{name} with an address outside the picture")


def _refused(where: str, found: str) -> BadInput:
    return BadInput(
        where,
        f"the SVG holds {found}",
        "Expected a picture that runs nothing and loads nothing",
        "Remove it, or embed images as data:image/...",
    )


def _page_font(style: str) -> str:
    style = _SHORT_FONT.sub(lambda m: f"{_weight(m.group('weight'))}font-size: {m.group('size')}", style)
    return _FONT_FAMILY.sub("", style)


def _weight(words: str) -> str:
    found = re.search(r"bold|[1-9]00", words)
    return f"font-weight: {found.group()}; " if found else ""


def _references(root: ElementTree.Element) -> set[str]:
    """Ids that something in the picture points to."""
    known = {element.attrib["id"] for element in root.iter() if "id" in element.attrib}
    found: set[str] = set()
    for element in root.iter():
        for name, value in element.attrib.items():
            found.update(_URL.findall(value))
            if name in ("href", "xlink:href"):
                found.add(value.strip().removeprefix("#"))
            elif name in ("aria-labelledby", "aria-describedby"):
                found.update(value.split())
        if element.tag == "style":
            found.update(re.findall(r"#([\w.-]+)", element.text or ""))
    return found & known


def _rename(element: ElementTree.Element, ids: dict[str, str]) -> None:
    for name, value in list(element.attrib.items()):
        if name == "id":
            if value in ids:
                element.attrib[name] = ids[value]
            else:
                del element.attrib[name]
        elif name in ("href", "xlink:href"):
            target = value.strip().removeprefix("#")
            element.attrib[name] = f"#{ids[target]}" if target in ids else value
        elif name in ("aria-labelledby", "aria-describedby"):
            element.attrib[name] = " ".join(ids.get(word, word) for word in value.split())
        else:
            element.attrib[name] = _renamed_urls(value, ids)
    if element.text is not None and not element.text.strip() and element.tag not in _INLINE:
        element.text = None
    if element.tail is not None and not element.tail.strip() and element.tag not in _INLINE:
        element.tail = None


def _renamed_urls(value: str, ids: dict[str, str]) -> str:
    return _URL.sub(lambda m: f"url(#{ids.get(m.group(1), m.group(1))})", value)


def _renamed_style(text: str, ids: dict[str, str]) -> str:
    return re.sub(r"#([\w.-]+)", lambda m: f"#{ids.get(m.group(1), m.group(1))}", text)


def _view_box(root: ElementTree.Element) -> str:
    if "viewBox" in root.attrib:
        return root.attrib["viewBox"]
    width, height = (_numbers(root.attrib.get(name, "")) for name in ("width", "height"))
    return f"0 0 {width[0] if width else 300:g} {height[0] if height else 150:g}"


def _numbers(text: str) -> list[float]:
    return [float(word) for word in re.findall(r"-?\d+(?:\.\d+)?", text)]


def _local(tag: str) -> str:
    return tag.rsplit("}", 1)[-1]


def _is_svg(tag: str) -> bool:
    return not tag.startswith("{") or tag.startswith("{http://www.w3.org/2000/svg}")
