"""NumPy's warnings are off while rules run, and just as they were afterwards."""

from __future__ import annotations

import threading
import warnings

import numpy as np
import pytest

import tinygrad_np as tg
from tinygrad_np._graph import _quiet
from tinygrad_np._graph._quiet import as_before, quiet

OFF = dict.fromkeys(("divide", "over", "under", "invalid"), "ignore")


@pytest.mark.parametrize("outside", [{}, {"all": "raise"}, {"divide": "raise", "over": "print"}])
def test_they_come_back_as_they_were(outside):
    with np.errstate(**outside):
        before = np.geterr()
        token = quiet()
        assert np.geterr() == OFF
        as_before(token)
        assert np.geterr() == before


def test_it_holds_for_one_thread():
    seen = []
    token = quiet()
    thread = threading.Thread(target=lambda: seen.append(np.geterr()))
    thread.start()
    thread.join()
    as_before(token)
    assert seen[0] != OFF


def test_a_backward_does_not_warn_and_neither_does_an_error_in_it_leave_them_off():
    def refuse(g):
        raise ZeroDivisionError

    x = tg.zeros(2, requires_grad=True)
    with warnings.catch_warnings(), np.errstate(all="raise"):
        warnings.simplefilter("error")
        before = np.geterr()
        x.sqrt().sum().backward()
        assert x.grad.tolist() == [np.inf, np.inf]
        assert np.geterr() == before
        x.register_hook(refuse)
        with pytest.raises(ZeroDivisionError):
            x.sqrt().sum().backward()
        assert np.geterr() == before


def test_where_numpy_keeps_its_state_elsewhere(monkeypatch):
    monkeypatch.setattr(_quiet, "copy_context", dict)  # nothing is seen to change
    off, back = _quiet._switch()
    before = np.geterr()
    token = off()
    assert np.geterr() == OFF
    back(token)
    assert np.geterr() == before


def test_what_the_user_set_otherwise_holds_while_they_are_off():
    seen = []

    def divide(g):
        with np.errstate(divide="call"):
            np.ones(1) / np.zeros(1)
        seen.append(np.getbufsize())

    called = []
    x = tg.ones(2, requires_grad=True)
    x.register_hook(divide)
    with np.errstate(call=lambda *what: called.append(what)):
        before = np.setbufsize(256)
        try:
            x.sum().backward()
        finally:
            np.setbufsize(before)
        x.sum().backward()
    assert seen == [256, before]
    assert len(called) == 2
