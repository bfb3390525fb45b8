"""torchvision and timm, imported so that their classifiers work beside a CPU-only torch.

On Linux PyPI's torchvision is built for CUDA torch. Beside a CPU-only torch its extension library
does not load, and `import torchvision` then fails with "operator torchvision::nms does not exist":
torchvision/_meta_registrations.py describes operators that the missing library would have defined.
Classifiers need none of those operators. So where the extension is missing, the operators are
declared by name before torchvision is imported. They have no implementation: torch raises an error
where one is called.
"""

from __future__ import annotations

import functools
import importlib.util
import re
from pathlib import Path
from types import ModuleType

import torch

# Kept, because the declarations of a library last only as long as the object.
_OPERATORS: list[torch.library.Library] = []


@functools.cache
def torchvision() -> ModuleType:
    """The torchvision package, imported."""
    spec = importlib.util.find_spec("torchvision")
    if spec is not None and not _extension_loads(Path(spec.origin).parent):
        _declare_operators(Path(spec.origin).parent / "_meta_registrations.py")
    import torchvision

    return torchvision


@functools.cache
def timm() -> ModuleType:
    """The timm package, imported (it imports torchvision)."""
    torchvision()
    import timm

    return timm


def _extension_loads(folder: Path) -> bool:
    """Whether torchvision's extension library in `folder` fits this torch."""
    for library in (*folder.glob("_C*.so"), *folder.glob("_C*.pyd"), *folder.glob("_C*.dylib")):
        try:
            torch.ops.load_library(str(library))
        except OSError:
            continue
        return True
    return False


def _declare_operators(registrations: Path) -> None:
    """Declare every operator that the file describes and that is not yet defined."""
    library = torch.library.Library("torchvision", "FRAGMENT")
    for name in set(re.findall(r'register_fake\("torchvision::(\w+)"\)', registrations.read_text(encoding="utf-8"))):
        if not hasattr(torch.ops.torchvision, name):
            library.define(f"{name}(Tensor x) -> Tensor")
    _OPERATORS.append(library)
