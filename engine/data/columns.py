"""Columns: what the columns of a table hold, by their names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

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


def is_left_out(name: str) -> bool:
    """Whether a column is a row number, an identity or a weight by its name, or has no name."""
    return plain(name) in ("", *LEFT_OUT.split())


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
