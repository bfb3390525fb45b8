"""Where workers come from on this server: a zygote, Ray where it is asked for, or nowhere."""

from __future__ import annotations

from app.live.crew import zygote
from app.live.crew.crew import Source
from app.live.ray.cluster import Cluster, Wanted
from app.settings.reading import settings

_cluster: Cluster | None = None


def _wanted() -> Wanted | None:
    """What is wanted of Ray; None where it is not asked for."""
    s = settings()
    return Wanted(s.ray, s.ray_actors, s.ray_cpus, s.ray_gpus, s.ray_code) if s.ray else None


def prepare() -> None:
    """Make ready what workers come from. Called before anything has started a thread, so that a
    zygote can be forked. Raises NoCluster.
    """
    global _cluster
    if wanted := _wanted():
        _cluster = _cluster or Cluster(wanted)
    else:
        zygote.prepare()


def source() -> Source | None:
    """What was prepared, or else is made ready now; None where all runs are to be in the server's
    own process. Raises NoCluster.
    """
    prepared = _cluster
    if wanted := _wanted():
        return prepared or Cluster(wanted)
    return zygote.zygote()
