"""The twin as an environment to learn in: one plant, or many side by side, in the interface of Gymnasium.

A step is a dispatching decision: a machine is free and several parts wait for it. The agent sees the `FEATURES` of the
first candidates, in the order of the queue, and names one of them by its place.

Source of the interface: Towers et al., Gymnasium: A Standard Interface for Reinforcement Learning Environments (2024).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import cfunc, types
from numpy.typing import NDArray

from danao.core.errors import BadInput, MissingExtra
from danao.plant.model import Plant
from danao.plant.state import PlantState
from danao.twin import loop
from danao.twin.decisions import WIDTH, roll_out, step_all
from danao.twin.layout import compile_plant
from danao.twin.policies import ask
from danao.twin.replication import Replication
from danao.twin.start import put_in_state

try:
    import gymnasium
    from gymnasium import spaces
    from gymnasium.vector.utils import batch_space
except ImportError as missing:
    raise MissingExtra(
        "danao.twin.env", "gymnasium is not installed", "Expected the extra rl", 'Run pip install "danao[rl]"'
    ) from missing

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_NEW = -1
_ENDED = (loop.DONE, loop.NOTHING_HAPPENS)


@dataclass(frozen=True)
class Reward:
    """What a step is worth: a weighted sum of what happened since the step before."""

    finished: float = 0.0
    """For each good part."""
    in_process: float = -1.0
    """For each hour of each part in the plant."""
    tardiness: float = 0.0
    """For each hour that a finished part is late."""


class Batch:
    """Some twins of one plant that pause at each decision.

    Args:
        plant: What to simulate.
        count: Twins side by side.
        hours: Length of an episode.
        stations: Stations whose machines ask; None: all.
        candidates: Waiting parts that the agent sees at most.
        reward: What a step is worth.
        start: State that each episode starts from; None: an empty plant.

    Raises:
        BadInput: No twins, no time, no candidates, or an unknown station.
    """

    def __init__(
        self,
        plant: Plant,
        count: int,
        hours: float,
        *,
        stations: Sequence[str] | None = None,
        candidates: int = 8,
        reward: Reward | None = None,
        start: PlantState | None = None,
    ) -> None:
        if count < 1 or not 0 < hours < np.inf or candidates < 2:
            raise BadInput(
                f"environment of {plant.name}",
                f"{count} twins, {hours:g} h, {candidates} candidates",
                "Expected at least one twin, a time above 0 and 2 candidates or more",
                "Correct them",
            )
        self.plant, self.hours = plant, hours
        self._start = start or PlantState()
        reward = reward or Reward()
        layout = compile_plant(plant)
        ask(layout, stations)
        self._twins = [Replication(layout, 256, general=True) for _ in range(count)]
        self._weights = np.array([reward.finished, reward.in_process, reward.tardiness])
        self._addresses = np.zeros(count, dtype=np.int64)
        self._until = np.full(count, self._start.clock + hours)
        self.outcomes = np.full(count, loop.DONE, dtype=np.int64)
        self.seen = np.zeros((count, candidates, WIDTH))
        """(twins, candidates, features)."""
        self.mask = np.zeros((count, candidates), dtype=np.int64)
        """(twins, candidates) 1 where there is one."""
        self.stations = np.zeros(count, dtype=np.int64)
        """(twins,) number of the station that asks."""
        self._reached = np.zeros(count)

    @property
    def over(self) -> NDArray[np.bool_]:
        """(twins,) whether the episode is over."""
        return np.isin(self.outcomes, _ENDED)

    def restart(self, seeds: Sequence[int], which: Integers | None = None) -> None:
        """Begin new episodes with these seeds, in all twins or those numbered, and run to the first decisions."""
        numbers = np.arange(len(self._twins)) if which is None else which
        for number, seed in zip(numbers, seeds, strict=True):
            twin = self._twins[number]
            twin.reset(int(seed))
            put_in_state(twin, self._start)
            self._addresses[number] = twin.world.address
        self.outcomes[numbers] = _NEW
        self._reached[numbers] = 0.0
        kept = self._reached.copy()
        self._advance(np.zeros(len(self._twins), dtype=np.int64), numbers)
        self._reached = np.where(np.isin(np.arange(len(kept)), numbers), self._reached, kept)

    def step(self, actions: Integers) -> Floats:
        """Carry out one decision in each twin that asks.

        Args:
            actions: (twins,) place of the chosen candidate; a place without one counts as the last candidate.

        Returns:
            (twins,) rewards since the decision before.
        """
        before = self._reached.copy()
        self._advance(np.ascontiguousarray(actions, dtype=np.int64), None)
        return np.asarray(self._reached - before)

    def roll_out(self, policy: Callable[..., float], most: int = 2**62) -> int:
        """Run the twins to their end, or for `most` decisions each, with a compiled policy.

        Args:
            policy: Takes the ten `FEATURES` of a candidate and returns a score; the smallest goes first.

        Returns:
            Decisions made.
        """
        compiled = cfunc(types.float64(*[types.float64] * WIDTH), error_model="numpy")(
            getattr(policy, "py_func", policy)
        )
        steps = np.zeros(len(self._twins), dtype=np.int64)
        seen, mask = np.zeros(self.seen.shape[1:]), np.zeros(self.mask.shape[1], dtype=np.int64)
        while True:
            roll_out(self._addresses, self._until, compiled.address, most, seen, mask, steps, self.outcomes)
            if not self._make_room():
                return int(steps.sum())

    def _advance(self, actions: Integers, which: Integers | None) -> None:
        outcomes = self.outcomes
        if which is not None:
            outcomes = np.full(len(self._twins), loop.DONE, dtype=np.int64)
            outcomes[which] = self.outcomes[which]
        while True:
            step_all(
                self._addresses,
                self._until,
                actions,
                self.seen,
                self.mask,
                self.stations,
                self._reached,
                self._weights,
                outcomes,
            )
            if which is not None:
                self.outcomes[which] = outcomes[which]
            if not self._make_room():
                return
            if which is not None:
                outcomes[which] = self.outcomes[which]

    def _make_room(self) -> bool:
        """Larger tables for twins that are full; True: there were some, and they must go on."""
        full = np.flatnonzero(self.outcomes == loop.PARTS_USED_UP)
        for number in full:
            self._twins[number].grow()
            self._addresses[number] = self._twins[number].world.address
            self.outcomes[number] = _NEW
        for number in np.flatnonzero(self.outcomes == loop.ENDLESS):
            raise self._twins[number].endless()
        for number in np.flatnonzero(self.outcomes == loop.NOTHING_HAPPENS):
            self._twins[number].check()
        return len(full) > 0


def observation_space(plant: Plant, candidates: int) -> spaces.Dict:
    """What an agent sees: candidates' features, where there is a candidate, and the station that asks."""
    return spaces.Dict(
        {
            "candidates": spaces.Box(-np.inf, np.inf, (candidates, WIDTH), np.float64),
            "mask": spaces.Box(0, 1, (candidates,), np.int64),
            "station": spaces.Discrete(len(plant.stations)),
        }
    )


class TwinEnv(gymnasium.Env[dict[str, Any], np.int64]):
    """One plant; the arguments are those of `Batch`."""

    def __init__(self, plant: Plant, hours: float, *, candidates: int = 8, **more: Any) -> None:
        self.metadata = {"render_modes": []}
        self.batch = Batch(plant, 1, hours, candidates=candidates, **more)
        self.observation_space = observation_space(plant, candidates)
        self.action_space = spaces.Discrete(candidates)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Begin an episode; its seed follows from `seed`, or from those before."""
        super().reset(seed=seed)
        self.batch.restart([int(self.np_random.integers(2**62))])
        return self._observation(), {}

    def step(self, action: np.int64) -> tuple[dict[str, Any], float, bool, bool, dict[str, Any]]:
        """Carry out a decision; the episode is truncated at its horizon."""
        reward = self.batch.step(np.array([action]))
        return self._observation(), float(reward[0]), False, bool(self.batch.over[0]), {}

    def _observation(self) -> dict[str, Any]:
        return {
            "candidates": self.batch.seen[0].copy(),
            "mask": self.batch.mask[0].copy(),
            "station": int(self.batch.stations[0]),
        }


class TwinVectorEnv(gymnasium.vector.VectorEnv[dict[str, Any], Any, Any]):
    """Many twins of one plant in step; those that are over begin anew with the next step."""

    def __init__(self, plant: Plant, count: int, hours: float, *, candidates: int = 8, **more: Any) -> None:
        self.metadata = {"autoreset_mode": gymnasium.vector.AutoresetMode.NEXT_STEP}
        self.batch = Batch(plant, count, hours, candidates=candidates, **more)
        self.num_envs = count
        self.single_observation_space = observation_space(plant, candidates)
        self.single_action_space = spaces.Discrete(candidates)
        self.observation_space = batch_space(self.single_observation_space, count)
        self.action_space = batch_space(self.single_action_space, count)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Begin an episode in each twin."""
        super().reset(seed=seed)
        self.batch.restart(self.np_random.integers(2**62, size=self.num_envs).tolist())
        return self._observation(), {}

    def step(self, actions: Integers) -> tuple[dict[str, Any], Any, Any, Any, dict[str, Any]]:
        """Carry out one decision in each twin. The arrays of the observation are those of the next step, too."""
        ended = np.flatnonzero(self.batch.over)
        reward = self.batch.step(actions)
        if len(ended):
            self.batch.restart(self.np_random.integers(2**62, size=len(ended)).tolist(), ended)
            reward[ended] = 0.0
        return self._observation(), reward, np.zeros(self.num_envs, dtype=bool), self.batch.over, {}

    def _observation(self) -> dict[str, Any]:
        return {"candidates": self.batch.seen, "mask": self.batch.mask, "station": self.batch.stations}
