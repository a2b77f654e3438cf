"""From a problem to a plan: which engine works on it, for how long, and what is known about the result."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from danao.core.errors import BadInput
from danao.scheduling.cp import horizon, schedule_within, size_of_model, solve_exactly
from danao.scheduling.cp_energy import table_entries
from danao.scheduling.local_search.annealing import AnnealingSearch
from danao.scheduling.local_search.elite import EliteSearch, shop_starts, starts_of
from danao.scheduling.local_search.flow_shop import FlowShopSearch
from danao.scheduling.local_search.lists import ListSearch
from danao.scheduling.local_search.network import network_obstacle
from danao.scheduling.local_search.projects import ProjectSearch, project_obstacle
from danao.scheduling.local_search.shops import NumberedShop, numbered_shop, obstacle
from danao.scheduling.model import Problem
from danao.scheduling.neighbourhoods import neighbours
from danao.scheduling.no_wait.plan import fits_line, plan_line
from danao.scheduling.no_wait.recognise import rigid_line
from danao.scheduling.objective_bounds import least_value
from danao.scheduling.objectives import Objective, objective_of
from danao.scheduling.reasons import impossible, unplanned
from danao.scheduling.schedule import ENERGY, MAKESPAN, TARDINESS, Plan, Schedule, parts_of, reached
from danao.scheduling.time_windows import WindowSearch, fits_stretches
from danao.scheduling.validate import require_valid, validate

_MIDDLING = 5_000
_SHARES = ((120, 0.05, 0.45), (300, 0.1, 0.2), (_MIDDLING, 1.0, 0.0), (math.inf, 0.4, 0.3))
"""Most operations, share of the time for the first tabu search, share for CP-SAT after it."""
_FLEXIBLE_SHARES = ((120, 0.05, 0.3), (_MIDDLING, 0.1, 0.05))
"""The same where operations have alternative machines and no setups; the rest is for stretches of time."""
_WIDE_GAP = 0.05
"""Gap to the bound above which CP-SAT is asked where there are thousands of operations: some of them it solves."""
_REACH = 0.7
"""Part of its share in which it looks for a schedule as short as the bound alone."""
_AGAIN = 2**40
"""Added to the seed of the second tabu search, so that it walks elsewhere."""
_LARGEST_MODEL = 1_000_000
"""Modes and pairs of neighbours up to which CP-SAT is asked."""
_LIST_SHARES = ((60, 0.1), (math.inf, 0.5))
"""Most operations, share of the list search, which is weaker than the tabu search."""
_ENERGY_PROOF = 0.7
"""Share of the time at which CP-SAT hands over to large neighbourhoods where energy counts."""
_LARGEST_TABLES = 1_000_000
"""Entries of cost tables up to which CP-SAT is asked about the whole problem."""
_ENERGY_SHARE = 0.3
"""Its share where energy counts, and CP-SAT shifts operations afterwards."""
_PROJECT_SHARE = 0.6
"""Share of the genetic search for projects."""
_ANNEALING_SHARES = ((60, 0.03), (120, 0.1), (300, 0.4), (1_500, 0.8), (math.inf, 1.0))
"""Most operations, share of the time for annealing; CP-SAT has the rest."""

_Engine = type[FlowShopSearch] | type[ListSearch] | type[AnnealingSearch] | type[ProjectSearch]

Progress = Callable[[float, float, int], None]
"""Called with seconds, best value so far and steps."""


def solve(
    problem: Problem,
    objective: str | Objective = MAKESPAN,
    time_limit: float | None = 30.0,
    *,
    seed: int = 0,
    step_limit: int | None = None,
    threads: int = 2,
    progress: Progress | None = None,
    start: Schedule | None = None,
) -> Plan:
    """The best plan found within the limits, checked rule by rule before it is returned.

    With `step_limit` and no `time_limit` the plan is the same on every run for the same seed, whatever the number of
    threads.

    Args:
        problem: What has to be planned.
        objective: One of `OBJECTIVES`, or a weighted sum with limits.
        time_limit: Seconds of wall time, None for no limit. The first call on a machine compiles for some seconds more.
        seed: Of the random streams.
        step_limit: Moves of the local search, None for no limit.
        threads: Processor cores to use.
        progress: Called now and then with seconds, best value and steps.
        start: A schedule to begin with, such as today's; used by the list search and on no-wait lines.

    Raises:
        BadInput: The objective is unknown, neither limit is given, or the start breaks a rule of the problem.
    """
    _check_options(time_limit, step_limit, threads)
    aim = objective_of(problem, objective)
    _check_start(problem, start)
    began = time.perf_counter()
    draft = _Draft(problem, aim, began, least_value(problem, aim))
    limits = _Limits(began, time_limit, step_limit, seed, threads, progress)
    rigid = rigid_line(problem) if fits_line(aim) else None
    if aim.single == MAKESPAN and obstacle(problem) is None:
        _plan_shop(draft, limits)
    elif rigid is not None:
        schedule, steps, trace = plan_line(problem, rigid, aim, limits.seed, time_limit, step_limit, start)
        draft.take(schedule, steps, trace, "annealing of a no-wait line")
    elif problem.permutation:
        draft.search(FlowShopSearch, limits, 1.0, "iterated greedy")
    elif start is None and aim.single == MAKESPAN and project_obstacle(problem) is None:
        draft.search(ProjectSearch, limits, _PROJECT_SHARE, "genetic search")
        draft.prove(limits, 1.0)
    elif start is None and aim.single in (MAKESPAN, TARDINESS) and network_obstacle(problem) is None:
        draft.search(AnnealingSearch, limits, _share(len(problem.operations), _ANNEALING_SHARES), "annealing")
        draft.prove(limits, 1.0)
    else:
        counts_energy = ENERGY in aim.weights and not limits.by_steps
        share = _ENERGY_SHARE if counts_energy else _share(len(problem.operations), _LIST_SHARES)
        draft.search(ListSearch, limits, share, "list search", start)
        draft.prove(limits, _ENERGY_PROOF if counts_energy else 1.0)
        if counts_energy:
            draft.shift(limits)
    return draft.plan()


@dataclass(frozen=True)
class _Limits:
    """How long to work, and with what."""

    began: float
    seconds: float | None
    steps: int | None
    seed: int
    threads: int
    progress: Progress | None

    @property
    def by_steps(self) -> bool:
        """Whether steps limit the work, so that nothing may depend on the clock."""
        return self.steps is not None or self.seconds is None

    def deadline(self, share: float) -> float:
        """Clock time at which a share of the time is over; infinity without a time limit."""
        if self.seconds is None:
            return math.inf
        return self.began + self.seconds * (1.0 if self.by_steps else share)


def _plan_shop(draft: _Draft, limits: _Limits) -> None:
    """Tabu search, CP-SAT on small shops, and tabu search again from the best schedule, or stretches of time."""
    numbered = numbered_shop(draft.problem)
    stretches = fits_stretches(numbered.shop) and not limits.by_steps
    first, proof = _shares(len(draft.problem.operations), _FLEXIBLE_SHARES if stretches else _SHARES)
    for share in (first, 1.0):
        if share != first and stretches:
            draft.search_stretches(numbered, limits)
            return
        start = None if share == first else numbered.solution(draft.problem, draft.schedule)
        search = EliteSearch(
            numbered.shop,
            limits.seed if start is None else limits.seed + _AGAIN,
            math.ceil(draft.bound),
            limits.deadline(share),
            limits.steps,
            limits.threads,
            limits.progress,
            first=start,
        )
        before = time.perf_counter() - limits.began
        found = search.run()
        schedule = numbered.schedule(draft.problem, found.modes, shop_starts(numbered.shop, found))
        draft.take(schedule, search.steps, [(before + at, value) for at, value in search.trace], "tabu search")
        if limits.by_steps or share == 1.0:
            return
        large = len(draft.problem.operations) > _MIDDLING
        if large and draft.value > (1 + _WIDE_GAP) * draft.bound:
            draft.reach(limits, first + _REACH * proof)
        if not large or draft.value > (1 + _WIDE_GAP) * draft.bound:
            draft.prove(limits, first + proof)
        if draft.value <= draft.bound:
            return


@dataclass
class _Draft:
    """A plan in the making."""

    problem: Problem
    objective: Objective
    began: float
    bound: float
    schedule: Schedule = field(init=False)
    steps: int = 0
    trace: list[tuple[float, float]] = field(default_factory=list)
    methods: list[str] = field(default_factory=list)

    @property
    def value(self) -> float:
        """What the schedule comes to."""
        return self.worth(self.schedule)

    def worth(self, schedule: Schedule) -> float:
        """What any schedule comes to."""
        return self.objective.value(parts_of(self.problem, schedule))

    def better(self, schedule: Schedule) -> bool:
        """Whether a schedule leaves out less, keeps the limits better, or comes to less than the present one."""
        if not self.methods:
            return True
        return self._rank(schedule) < self._rank(self.schedule)

    def _rank(self, schedule: Schedule) -> tuple[int, float, float]:
        parts = parts_of(self.problem, schedule)
        over = sum(self.objective.excess(parts).values())
        return int((~schedule.planned).sum()), over, self.objective.value(parts)

    @property
    def complete(self) -> bool:
        """Whether every operation is planned."""
        return bool(self.schedule.planned.all())

    @property
    def proven(self) -> bool:
        """Whether nothing can be better."""
        return self.complete and reached(self.value, self.bound)

    def search(
        self,
        engine: _Engine,
        limits: _Limits,
        share: float,
        method: str,
        start: Schedule | None = None,
    ) -> None:
        """Take what an engine finds in a share of the time."""
        options = (limits.seed, self.bound, limits.deadline(share), limits.steps, limits.threads, limits.progress)
        search: FlowShopSearch | ListSearch | AnnealingSearch | ProjectSearch
        if engine is ListSearch:
            search = ListSearch(self.problem, self.objective, *options, reference=start)
        else:
            search = engine(self.problem, self.objective.single or self.objective.name, *options)
        self.take(search.run(), search.steps, search.trace, method)

    def take(self, schedule: Schedule, steps: int, trace: list[tuple[float, float]], method: str) -> None:
        """Keep a schedule if it is the first or better, and what is known about the search."""
        known = self.value if self.methods else math.inf
        if self.better(schedule):
            self.schedule = schedule
        self.trace += [point for point in trace if point[1] < known]
        self.steps += steps
        self.methods.append(method)

    def reach(self, limits: _Limits, share: float) -> None:
        """Let CP-SAT look for a schedule that ends at the bound; where there is none, the bound is one too low."""
        seconds = self._seconds_for_cp(limits, share)
        if not seconds:
            return
        start, end = time.perf_counter(), math.ceil(self.bound)
        proof = schedule_within(self.problem, end, seconds, limits.seed, limits.threads)
        self.methods.append(f"CP-SAT at the bound {time.perf_counter() - start:.1f} s")
        if proof.infeasible:
            self.bound = max(self.bound, float(end + 1))
        if proof.schedule is not None and self.better(proof.schedule):
            self.schedule = proof.schedule
            self.trace.append((time.perf_counter() - limits.began, self.value))

    def _seconds_for_cp(self, limits: _Limits, share: float) -> float:
        """Seconds until a share of the time is over; 0 where CP-SAT is not to be asked."""
        seconds = limits.deadline(share) - time.perf_counter()
        if limits.by_steps or self.proven or seconds <= 0.1 or impossible(self.problem):
            return 0.0
        return seconds if size_of_model(self.problem) <= _LARGEST_MODEL else 0.0

    def prove(self, limits: _Limits, share: float) -> None:
        """Let CP-SAT raise the bound, and improve the schedule if it can, until a share of the time is over."""
        seconds = self._seconds_for_cp(limits, share)
        if not seconds:
            return
        if ENERGY in {*self.objective.weights, *self.objective.limits}:
            end = horizon(self.problem, self.objective)
            if table_entries(self.problem, end, end) > _LARGEST_TABLES:
                return
        start, known = time.perf_counter(), self.value if self.complete else math.inf

        def found(value: float) -> None:
            if value < min(known, self.trace[-1][1] if self.trace else math.inf):
                self.trace.append((time.perf_counter() - limits.began, value))

        hint = self.schedule
        proof = solve_exactly(
            self.problem,
            self.objective,
            seconds,
            seed=limits.seed,
            threads=limits.threads,
            hint=hint,
            found=found,
        )
        self.methods.append(f"CP-SAT {time.perf_counter() - start:.1f} s")
        if proof.infeasible:
            within = " within the limits" if self.objective.limits else ""
            self.methods[-1] += f" (no plan of all operations exists{within})"
        if proof.bound is not None:
            self.bound = max(self.bound, proof.bound)
        if proof.schedule is not None and self.better(proof.schedule):
            self.schedule = proof.schedule

    def search_stretches(self, numbered: NumberedShop, limits: _Limits) -> None:
        """Let CP-SAT search stretches of time of the present schedule until the time is over."""
        sequence, modes = numbered.solution(self.problem, self.schedule)
        before = time.perf_counter() - limits.began
        search = WindowSearch(
            numbered.shop,
            limits.seed,
            math.ceil(self.bound),
            limits.deadline(1.0),
            limits.threads,
            sequence,
            modes,
            limits.progress,
        )
        length = search.run()
        schedule = numbered.schedule(
            self.problem, search.modes, starts_of(numbered.shop, search.sequence, search.modes)
        )
        trace = [(before + at, value) for at, value in search.trace]
        self.take(schedule, 0, trace, f"{search.stretches} stretches of time by CP-SAT")
        if search.closed:
            self.bound = max(self.bound, float(length))

    def shift(self, limits: _Limits) -> None:
        """Shift operations in time, and change places of some, around the present schedule until the time is over."""
        if not self.complete or self.proven:
            return
        before = len(self.trace)
        rounds = 0
        for schedule in neighbours(
            self.problem, self.objective, lambda: self.schedule, limits.seed, limits.threads, limits.deadline(1.0)
        ):
            rounds += 1
            if self.better(schedule):
                self.schedule = schedule
                self.trace.append((time.perf_counter() - limits.began, self.value))
        if rounds:
            self.methods.append(f"{rounds} neighbourhoods by CP-SAT, {len(self.trace) - before} better")

    def plan(self) -> Plan:
        """The plan, after its check.

        Raises:
            InvalidPlan: The schedule breaks a rule.
        """
        parts = parts_of(self.problem, self.schedule)
        require_valid(self.problem, self.schedule, parts)
        left_out = unplanned(self.problem, self.schedule)
        value, seconds = self.objective.value(parts), time.perf_counter() - self.began
        excess = self.objective.excess(parts)
        bounded = self.complete and not excess and math.isfinite(self.bound)
        return Plan(
            self.schedule,
            self.objective.name,
            value,
            parts,
            min(self.bound, value) if bounded else None,
            left_out,
            self.steps,
            seconds,
            tuple(self.trace),
            ", ".join(self.methods),
            excess,
        )


def _share(operations: int, table: tuple[tuple[float, float], ...]) -> float:
    """Share of the time for the first search."""
    return next(share for most, share in table if operations <= most)


def _shares(operations: int, table: tuple[tuple[float, float, float], ...]) -> tuple[float, float]:
    """Shares of the time for the first tabu search and for CP-SAT after it."""
    return next((first, proof) for most, first, proof in table if operations <= most)


def _check_start(problem: Problem, start: Schedule | None) -> None:
    violations = validate(problem, start) if start is not None else []
    if violations:
        raise BadInput(
            f"{problem.name}: start", violations[0].message, "Expected a schedule that keeps every rule", "Correct it"
        )


def _check_options(time_limit: float | None, step_limit: int | None, threads: int) -> None:
    if time_limit is None and step_limit is None:
        raise BadInput("solve", "no limit", "Expected a time limit or a step limit", "Give one of them")
    if time_limit is not None and not 0 < time_limit < math.inf:
        raise BadInput("time_limit", f"{time_limit}", "Expected seconds above 0", "For example 30")
    if step_limit is not None and step_limit < 1:
        raise BadInput("step_limit", f"{step_limit}", "Expected 1 or more", "For example 100000")
    if threads < 1:
        raise BadInput("threads", f"{threads}", "Expected 1 or more", "For example 2")
