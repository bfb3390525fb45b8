"""Two machines of a cluster, as two nodes of Ray on this one: joined, spread over, and one lost."""

import os
import time

import pytest
import torch

from app.live.crew.crew import Crew
from app.live.ray.cluster import ROOT, Cluster, NoCluster, Wanted
from app.live.sessions import Sessions
from engine.methods.vat.vat import VAT
from engine.runs.run import Run
from engine.runs.trained import train
from tests.app.live.crew.test_crew import PATIENCE, SETUP, Watcher
from tests.app.live.crew.test_spread import ITEMS

NODE = {"num_cpus": 1, "object_store_memory": 100_000_000}


@pytest.fixture(scope="module")
def nodes():
    """A cluster of two nodes that somebody else has started, with one processor each."""
    os.environ["RAY_AUTH_MODE"] = "token"
    import ray.cluster_utils

    cluster = ray.cluster_utils.Cluster(initialize_head=True, head_node_args={**NODE, "include_dashboard": False})
    second = cluster.add_node(**NODE)
    yield cluster, second
    cluster.shutdown()


def own_node():
    """The node that this process is on."""
    import ray

    return ray.get_runtime_context().get_node_id()


def node_of(line):
    return line.call(0, "do", "", own_node)


def until(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    assert condition()


def test_runs_are_spread_over_nodes_and_go_on_where_one_is_lost(nodes):
    cluster, second = nodes
    joined = Cluster(Wanted(cluster.address, code=str(ROOT)))
    crew = Crew(joined, joined.count)
    try:
        assert joined.count == 2
        until(lambda: all(line.ready for line in crew._lines))
        places = {line: node_of(line) for line in crew._lines}
        assert len(set(places.values())) == 2
        sessions = Sessions(crew)
        runs = [sessions.open(name, VAT, SETUP, 0, {}) for name in "ab"]
        lost = next(run for run in runs if places[run.live.line] == second.node_id)
        desk = sessions.attach(lost, Watcher())
        desk.receive({"type": "step", "steps": 5})
        until(lambda: lost.live.snapshot().result(PATIENCE).step == 5)
        sessions.keeping.keep(lost)
        work = crew.spread(train, ITEMS)
        cluster.remove_node(second, allow_graceful=False)
        before = lost.live
        until(lambda: lost.live not in (before, None))
        desk.receive({"type": "step", "steps": 1})
        until(lambda: sessions._resuming.resume(lost).snapshot().result(PATIENCE).step == 6)
        run = Run(VAT, SETUP, 0)
        run.advance(VAT.make_knobs(SETUP), 6)
        now = lost.live.snapshot().result(PATIENCE)
        assert all(torch.equal(now.state[n], x) for n, x in run.snapshot().state.items())
        assert len([o for o in work if not o.error]) == len(ITEMS)
        assert sum(line.ready for line in crew._lines) == 1  # there is no room for the other one
        third = cluster.add_node(**NODE)
        until(lambda: third.node_id in {node_of(line) for line in crew._lines if line.ready and not line.lost}, 60)
    finally:
        crew.close()


def test_a_cluster_that_was_joined_is_left_without_actors(nodes):
    cluster, _ = nodes
    joined = Cluster(Wanted(cluster.address, actors=1, code=str(ROOT)))
    crew = Crew(joined, joined.count)
    pid = crew.do("", os.getpid)
    crew.close()
    until(lambda: not os.path.exists(f"/proc/{pid}"), 20)
    assert cluster.head_node.all_processes["raylet"][0].process.poll() is None


def test_where_nobody_answers_or_the_address_is_for_something_else_one_line_says_so():
    for address, words in (("127.0.0.1:9", "No Ray answers"), ("ray://127.0.0.1:10001", "Ray Client")):
        with pytest.raises(NoCluster, match=words) as problem:
            Cluster(Wanted(address))
        assert "\n" not in str(problem.value)
