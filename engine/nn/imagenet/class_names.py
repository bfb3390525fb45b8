"""The 1000 ImageNet classes, by index and by unique name."""

from __future__ import annotations

import functools
import importlib.util
import re
from pathlib import Path

from engine.core.declare import InvalidValue, brief, names_like


def _categories() -> list[str]:
    """torchvision's list, read from its one file of plain lists.

    Importing all of torchvision for it would take a second.
    """
    package = importlib.util.find_spec("torchvision")
    if package is None:
        raise ImportError("torchvision is missing: install requirements.txt")
    spec = importlib.util.spec_from_file_location("_imagenet_meta", Path(package.origin).parent / "models" / "_meta.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module._IMAGENET_CATEGORIES


@functools.cache
def names() -> tuple[str, ...]:
    """The 1000 class names in the order of the models' outputs, all different.

    torchvision gives the same name to two classes in a few cases (two are called crane); here they
    are told apart by a word in brackets.
    """
    categories = _categories()
    # crane 134 is the bird and 517 the machine; maillot 638 is the swimsuit in general and 639 the
    # tank suit.
    apart = {134: "crane (bird)", 517: "crane (machine)", 638: "maillot (swimsuit)", 639: "maillot (tank suit)"}
    out = tuple(apart.get(i, name) for i, name in enumerate(categories))
    if len(set(out)) == len(out):
        return out
    seen: dict[str, int] = {}
    unique = []
    for name in out:  # another version of the list may repeat other names
        seen[name] = seen.get(name, 0) + 1
        unique.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return tuple(unique)


def index(name: str) -> int:
    """The number of the class `name`; case, blanks, hyphens and underscores do not count.

    Raises InvalidValue with the names that hold the word, or are spelt much like it. A number is
    not taken for a class, since some lists count from 0 and some from 1: its name is told.
    """
    known = _by_plain_name()
    found = known.get(name.strip(), known.get(_plain(name)))
    if found is not None:
        return found
    if (typed := name.strip()).isdecimal():
        number = int(typed[:9])
        what = f"number {number}, counted from 0, is {names()[number]!r}" if number < len(names()) else "they go to 999"
        raise InvalidValue(f"ImageNet classes go by their names: {what}; give a name, such as airliner")
    near = names_like(_plain(name), names())
    holding = [one for one in near if _plain(name) in _plain(one)]
    near = holding or _meant(_plain(name)) or near  # before what is merely spelt alike
    hint = f": did you mean {' or '.join(near)}?" if near else ": give one such as airliner or crane (bird)"
    raise InvalidValue(f"there is no ImageNet class {brief(name)}{hint}")


def _meant(text: str, most: int = 8) -> list[str]:
    """Classes that WordNet calls by another name that is `text` or has it as a word (gun: an
    assault gun, a six-gun), else those that it describes by that word; by timm's lists.
    """
    for words in _wordnet():
        exact = [name for name, line in zip(names(), words) if text in line]
        if exact:
            return exact[:most]
        held = [name for name, line in zip(names(), words) if any(f" {text} " in f" {one} " for one in line)]
        if text and held:
            return held[:most]
    return []


@functools.cache
def _wordnet() -> tuple[list[list[str]], ...]:
    """Of each class its names in WordNet, and what describes it; () without timm's lists."""
    package = importlib.util.find_spec("timm")
    if package is None or not package.origin:
        return ()
    folder = Path(package.origin).parent / "data" / "_info"
    out = []
    try:
        synsets = (folder / "imagenet_synsets.txt").read_text(encoding="utf-8").split()
        for which in ("lemma", "definition"):
            lines = (folder / f"imagenet_synset_to_{which}.txt").read_text(encoding="utf-8").splitlines()
            known = dict(line.split("\t", 1) for line in lines if "\t" in line)
            out.append([[_plain(one) for one in known.get(synset, "").split(",")] for synset in synsets])
    except (OSError, ValueError):  # another version of timm
        return ()
    return tuple(out) if len(synsets) == len(names()) else ()


@functools.cache
def _by_plain_name() -> dict[str, int]:
    """Names as they are, and plain ones: Cardigan is a dog, and cardigan a jacket."""
    return {_plain(name): i for i, name in enumerate(names())} | {name: i for i, name in enumerate(names())}


def _plain(name: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", name.lower()))


def search(text: str, most: int = 20) -> list[tuple[int, str]]:
    """At most `most` classes whose name contains `text`, as (index, name).

    Those that begin with it come first.
    """
    text = text.lower().strip()
    found = [(not name.lower().startswith(text), i, name) for i, name in enumerate(names()) if text in name.lower()]
    return [(i, name) for _, i, name in sorted(found)[:most]]
