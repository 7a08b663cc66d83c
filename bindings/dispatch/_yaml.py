"""Writes plain objects as YAML that people like to read and that sim/scenario reads.

There is no reader here: the only parser of scenarios is the one of dispatch-sim.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, Iterator, List, Tuple

_WIDTH = 100
_INDENT = "  "
# What may stand without quotation marks, inside {} too. No word of YAML (null, true, ~) fits.
_BARE = re.compile(r"[A-Za-z0-9_./][A-Za-z0-9_./%+-]*( [A-Za-z0-9_./%()<>=+-]+)*\Z")
_RESERVED = re.compile(r"(?i)(null|true|false|yes|no|on|off|y|n|---.*|\.\.\..*)\Z")


def to_yaml(value: Any) -> str:
    """The text of dicts, lists, strings, numbers and None.

    Raises TypeError for anything else, ValueError for text that is not Unicode, a number that is
    not finite, or nesting that has no end; each says where.
    """
    return "".join(line + "\n" for line in _block(value, "", "", 0))


def flow(value: Any, where: str) -> str:
    """The value on one line. Raises as to_yaml() does."""
    return _flow(value, where, 0)


def _block(value: Any, where: str, indent: str, depth: int) -> Iterator[str]:
    """Lines of a value that has lines of its own: items that fit stand on one line each."""
    if depth > 20:
        raise ValueError(f"{where}: nested too deeply")
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _entry(f"{indent}{_key(key, where)}:", item, _join(where, key), indent, depth)
    elif isinstance(value, (list, tuple)) and value:
        for index, item in enumerate(value):
            yield from _entry(f"{indent}-", item, f"{where}[{index}]", indent, depth)
    else:
        yield indent + _flow(value, where, depth)


def _entry(head: str, item: Any, where: str, indent: str, depth: int) -> Iterator[str]:
    flow = _flow(item, where, depth)
    # A scenario's links, hosts and lists read best with a line for each.
    is_table = isinstance(item, dict) and any(isinstance(each, dict) for each in item.values())
    tall = depth == 0 and (is_table or isinstance(item, (list, tuple)))
    fits = len(head) + 1 + len(flow) <= _WIDTH
    if isinstance(item, (dict, list, tuple)) and item and (tall or not fits):
        yield head
        yield from _block(item, where, indent + _INDENT, depth + 1)
    else:
        yield f"{head} {flow}" if flow else head


def _flow(value: Any, where: str, depth: int) -> str:
    """The value on one line; empty for None."""
    if depth > 20:
        raise ValueError(f"{where}: nested too deeply")
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _scalar(value, where)
    if isinstance(value, (int, float)):
        return _number(value, where)
    if isinstance(value, dict):
        return "{" + ", ".join(_flow_entries(value, where, depth)) + "}"
    if isinstance(value, (list, tuple)):
        items = [_flow(item, f"{where}[{i}]", depth + 1) or "null" for i, item in enumerate(value)]
        return "[" + ", ".join(items) + "]"
    raise TypeError(f"{where or 'a scenario'}: {value!r} is {_kind(value)}, which YAML cannot hold")


def _flow_entries(value: dict, where: str, depth: int) -> List[str]:  # type: ignore[type-arg]
    entries = []
    for key, item in value.items():
        name = _key(key, where)
        flow = _flow(item, _join(where, key), depth + 1)
        entries.append(f"{name}: {flow}" if flow else name)
    return entries


def _key(key: Any, where: str) -> str:
    if not isinstance(key, str):
        raise TypeError(f"{where or 'a scenario'}: the name {key!r} is {_kind(key)}, not a str")
    return _scalar(key, _join(where, key))


def _scalar(text: str, where: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"{where}: {text!r} is not valid Unicode") from error
    if _BARE.match(text) and not _RESERVED.match(text):
        return text
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\x7f")


def _number(value: Any, where: str) -> str:
    if isinstance(value, int):
        # Some numbers are too long to print; none of these means anything in a scenario.
        if value.bit_length() > 1024:
            raise ValueError(f"{where}: a number of {value.bit_length()} bits")
        return str(int(value))
    if not math.isfinite(value):
        raise ValueError(f"{where}: {value!r} is not a number that YAML can hold")
    return repr(float(value))


def _kind(value: Any) -> str:
    name = type(value).__name__
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def _join(where: str, key: Any) -> str:
    return f"{where}.{key}" if where else str(key)


def line_of(text: str, line: int) -> Tuple[str, ...]:
    """The line of that number, as a tuple of one; empty where there is none."""
    lines = text.splitlines()
    return (lines[line - 1],) if 0 < line <= len(lines) else ()
