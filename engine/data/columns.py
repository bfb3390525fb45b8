"""Columns: what the columns of a table hold, by their names."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence

from engine.data.numbers import exactly

# Names of columns, as `plain` writes them. Of several sentences or labels the earliest group that
# has one is taken.
SENTENCES = (
    "sentence sentences text texts review reviews comment comments content utterance document doc body tweet "
    "message phrase reviewtext reviewbody fulltext sentencetext line satz sätze texte frase frases avis "
    "commentaire kommentar bewertung oración oracion texto",
    "title headline summary subject description question answer post quote",
)
LABELS = (
    "label labels labelname labeltext class classes classname category categories sentiment target targets "
    "polarity klasse classe clase étiquette etiqueta sentimiento kategorie categoria catégorie",
    "stars star rating ratings score intent topic emotion group tag cluster species kind type colour color y cls "
    "output outcome sign genre gold",
)
LEFT_OUT = (
    "id ids index idx row rows rownumber no nr number num n key uuid unnamed0 unnamed weight weights w "
    "sampleweight date time timestamp user username split fold source name"
)
IDENTITIES = "id ids index no number date time timestamp url".split()
INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
TOLD = 3  # labels with several spellings that are named in a note
PAIRS = tuple(
    tuple(pair.split())
    for pair in (
        "x y,x1 x2,x0 x1,xcoord ycoord,xcoordinate ycoordinate,px py,posx posy,xpos ypos,z1 z2,z0 z1,f1 f2,f0 f1,"
        "feature1 feature2,feature0 feature1,feat1 feat2,feat0 feat1,dim1 dim2,dim0 dim1,pc1 pc2,pca1 pca2,"
        "component1 component2,tsne1 tsne2,umap1 umap2,v1 v2,col1 col2,lon lat,longitude latitude,"
        "lng lat,width height,weight height,height weight"
    ).split(",")
)


def plain(name: str) -> str:
    """A name without case, marks, blanks and quotation: `"Unnamed: 0"` → `unnamed0`."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFC", name).lower())


def known(groups: Sequence[str], names: Sequence[str]) -> list[int]:
    """Which names stand in the first of the groups that has any of them."""
    plain_names = [plain(name) for name in names]
    for group in groups:
        words = set(group.split())
        if found := [k for k, name in enumerate(plain_names) if name in words]:
            return found
    return []


def like(groups: Sequence[str], names: Sequence[str]) -> list[int]:
    """`known`, else the same by the last words of the names: SentimentText, airline_sentiment."""
    return known(groups, names) or known(groups, [last_word(name) for name in names])


def last_word(name: str) -> str:
    """The last of several words of a name, "" where it has one: `tweet_text`, `SentimentText`."""
    words = re.findall(r"[^\W\d_A-Z]+|[A-Z]+[^\W\d_A-Z]*|\d+", name)
    return words[-1] if len(words) > 1 else ""


def is_left_out(name: str) -> bool:
    """Whether a column is a row number, an identity or a weight by its name, or has no name."""
    return plain(name) in ("", *LEFT_OUT.split()) or last_word(name).lower() in IDENTITIES


def pair(names: Sequence[str]) -> tuple[int, int] | None:
    """The two columns of coordinates among the names."""
    plain_names = [plain(name) for name in names]
    for first, second in PAIRS:
        if first in plain_names and second in plain_names:
            return plain_names.index(first), plain_names.index(second)
    return None


def counts_rows(cells: Sequence[str]) -> bool:
    """Whether a column without a name holds the numbers of the rows, from 0 or from 1."""
    first = cells[0] if cells else ""
    return len(cells) > 2 and first in ("0", "1") and list(cells) == [str(int(first) + k) for k in range(len(cells))]


def one_of_equal(columns: Sequence[Sequence[str]]) -> int | None:
    """Of columns of labels that divide the rows alike, the first with words; None where they do
    not.
    """
    first = columns[0]
    for other in columns[1:]:
        both = set(zip(first, other))
        if len(both) != len(set(first)) or len(both) != len(set(other)):
            return None
    worded = (k for k, c in enumerate(columns) if any(ch.isalpha() for cell in c for ch in cell))
    return next(worded, 0)


def one_class(labels: Iterable[str], decimal: str = ".") -> tuple[dict[str, str], tuple[str, ...]]:
    """Label → name of its class, and notes on labels with several spellings.

    Numbers that are equal are one class (1, 1.0, +1), and so are labels that differ by blanks and
    other characters that cannot be seen. Upper and lower case are one class where two classes or
    more remain: NEG, neg and pos are two, and A and a are two as well. A class has the name of its
    most frequent spelling, and of a number the shortest. decimal: the mark of numbers.
    """
    counts = Counter(labels)
    spelt: dict[str, Hashable] = {label: _key(label, decimal) for label in counts}
    lower = {label: key.lower() if isinstance(key, str) else key for label, key in spelt.items()}
    case = len(set(lower.values())) < len(set(spelt.values()))
    folded = case and len(set(lower.values())) > 1
    groups: dict[Hashable, list[str]] = {}
    for label, key in (lower if folded else spelt).items():
        groups.setdefault(key, []).append(label)
    named: dict[str, str] = {}
    for key, some in groups.items():
        best = min(some, key=lambda label: (len(label) * (not isinstance(key, str)), -counts[label], label))
        named |= dict.fromkeys(some, best)
    notes = _spellings(named)
    if case and not folded:
        pair = next(sorted(some) for some in _sharing(lower).values() if len(some) > 1)
        notes = (*notes, f"{pair[0][:30]} and {pair[1][:30]}, which differ by case alone, are two classes")
    return named, notes


def _key(label: str, decimal: str) -> Hashable:
    """What equal labels have in common: a number's value, or the text that can be seen."""
    seen = INVISIBLE.sub("", label).strip()
    number = exactly(seen, decimal)
    return " ".join(seen.split()) if number is None else number


def _sharing(keys: Mapping[str, Hashable]) -> dict[Hashable, list[str]]:
    out: dict[Hashable, list[str]] = {}
    for label, key in keys.items():
        out.setdefault(key, []).append(label)
    return out


def _spellings(named: Mapping[str, str]) -> tuple[str, ...]:
    """A note such as "1.0 counts as 1" for the classes with several spellings that can be told
    apart.
    """
    several = [(name, sorted(set(some) - {name})) for name, some in _sharing(named).items() if len(some) > 1]
    shown = [f"{' and '.join(label[:30] for label in some[:TOLD])} as {name[:30]}" for name, some in several[:TOLD]]
    more = [f"{len(several) - TOLD} more"] if len(several) > TOLD else []
    return (f"labels read as one: {', '.join(shown + more)}",) if shown else ()
