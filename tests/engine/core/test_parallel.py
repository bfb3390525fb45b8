"""Independent pieces on all cores."""

import threading

import pytest
import torch

from engine.core.parallel import cores, in_parallel, set_threads, threads


def test_results_come_in_order_and_pieces_are_not_begun_far_ahead():
    begun = []

    def work(k):
        begun.append(k)
        return k * k

    results = in_parallel(work, iter(range(100)), workers=3)
    assert next(results) == 0
    assert len(begun) <= 5
    assert list(results) == [k * k for k in range(1, 100)]


def test_pieces_run_side_by_side_each_with_one_thread_of_torch():
    both = threading.Barrier(2, timeout=20)

    def work(_):
        both.wait()  # passes only where two pieces are under way at once
        return torch.get_num_threads()

    assert list(in_parallel(work, range(4), workers=2)) == [1] * 4
    assert cores() >= 1


def test_an_error_reaches_the_caller_and_what_waits_is_not_begun():
    begun = []

    def work(k):
        begun.append(k)
        if k == 1:
            raise ValueError("piece 1")
        return k

    with pytest.raises(ValueError, match="piece 1"):
        list(in_parallel(work, range(1000), workers=2))
    assert len(begun) < 10


def in_a_thread(work):
    """The result of `work`, done in a new thread."""
    found = []
    thread = threading.Thread(target=lambda: found.append(work()))
    thread.start()
    thread.join(20)
    return found[0]


def test_a_number_of_threads_is_that_of_the_thread_that_set_it_from_its_first_use_on():
    begun, changed = threading.Event(), threading.Event()

    def early():
        set_threads(1)
        begun.set()
        assert changed.wait(20)
        return torch.get_num_threads()

    def late():
        assert begun.wait(20)
        with threads(2):
            others = torch.get_num_threads(), in_a_thread(torch.get_num_threads), *in_parallel(work, range(3))
            changed.set()
        return *others, torch.get_num_threads()

    def work(_):
        return torch.get_num_threads()

    found = []
    thread = threading.Thread(target=lambda: found.append(early()))
    thread.start()
    assert in_a_thread(late) == (2, 1, 1, 1, 1, 1)
    thread.join(20)
    assert found == [1]
