"""Policies that are written in Python."""

import copy
import pickle

import pytest

import dispatch
from dispatch import Simulation, UseError


class Alternating:
    """Takes turns, and counts."""

    def __init__(self):
        self.asked = []
        self.taken_back = []

    def choose(self, links, now):
        self.asked.append((now, [link.name for link in links]))
        return links[len(self.asked) % len(links)]

    def take_back(self, name):
        self.taken_back.append(name)


def test_a_policy_chooses_each_link(chatty):
    policy = Alternating()
    result = dispatch.run(chatty, policy=policy)
    assert result.links["wifi"].connections == result.links["lte"].connections == 15
    assert len(policy.asked) == 30
    assert policy.asked[0][1] == ["wifi", "lte"]
    times = [now for now, _ in policy.asked]
    assert times == sorted(times) and times[-1] < 4


def test_a_policy_sees_how_the_links_fare(chatty):
    class Best:
        def choose(self, links, now):
            unknown = [link for link in links if link.latency is None]
            return (unknown or sorted(links, key=lambda link: link.latency))[0].name

    result = dispatch.run(chatty, policy=Best())
    assert result.links["wifi"].connections > 25 > result.links["lte"].connections > 0


@pytest.mark.parametrize(
    ("answer", "error"), [("wlan", ValueError), (None, TypeError), (7, TypeError), (LookupError, LookupError)]
)
def test_a_policy_that_chooses_nothing_ends_the_run(chatty, answer, error):
    class Wrong:
        def choose(self, links, now):
            if answer is LookupError:
                raise LookupError("on purpose")
            return answer

    with pytest.raises(error):
        dispatch.run(chatty, policy=Wrong())


def test_an_object_that_cannot_choose_is_no_policy(chatty):
    with pytest.raises(TypeError, match="choose"):
        dispatch.run(chatty, policy=object())


def test_a_policy_cannot_go_on_but_can_change_the_world(chatty):
    class Meddling:
        def choose(self, links, now):
            with pytest.raises(UseError):
                sim.step()
            sim.world.link("wifi").down()
            return links[0]

    with Simulation(chatty, policy=Meddling()) as sim:
        sim.until(1)
        assert sim.world.link("wifi").state == "down"


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_what_a_policy_is_given_cannot_be_pickled(chatty, protocol):
    class Pickles:
        def choose(self, links, now):
            with pytest.raises(TypeError, match="cannot pickle"):
                pickle.dumps(links[0], protocol)
            with pytest.raises(TypeError, match="cannot pickle"):
                copy.copy(links[0])
            return links[0]

    dispatch.run(chatty, policy=Pickles())
