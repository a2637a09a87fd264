"""Solve a siting problem: an :class:`Instance` in, ever better answers with their bounds out.

This package knows demand, sites, distances and conditions, and nothing of the atlas. What it offers stands here;
the modules below are its own.

- ``instance``, ``constraints``, ``progress``: what is asked, which choices are allowed, what is reported;
- ``search``: runs the engine of a model and keeps the best answer and bound;
- ``reduction``, ``heuristic``, ``first_answer``: a smaller problem, and answers at once;
- ``covering``, ``covering_bound``, ``row_weighting``: maximal and set covering;
- ``p_median``, ``p_median_search``, ``p_median_exact``, ``branch_and_bound``: p-medians; ``p_median_plane``,
  ``p_median_parts``: those of more points in a plane than pairs can be kept of;
- ``p_center``, ``p_center_problem``, ``p_center_search``, ``p_center_bound``, ``covering_cuts``: p-centers;
- ``capacitated``, ``capacitated_service``, ``knapsack_bound``: sites with a capacity;
- ``capacitated_median``, ``capacitated_median_search``, ``capacitated_exchange``, ``generalized_assignment``,
  ``lagrangian_bound``, ``neighbourhood_search``, ``transportation``: p-medians with capacities; ``single_source``,
  ``knapsack_sets``, ``set_partitioning``, ``column_generation``, ``subset_rows``: demand served as a whole;
- ``change``, ``reorganisation``, ``reorganisation_program``: what stands may change: close, move, upgrade, the fewest
  for a share, the worst zone first;
- ``stages``: in which order; ``load``: who serves how much under capacity;
- ``attendance``: expected cover with attendance that falls with distance and stations that may be closed;
- ``several_demands``: one plan for several demands;
- ``highs``, ``highs_process``: HiGHS in a process that can be killed, as many at once as there are cores;
- ``infeasibility``: which condition cannot be met, and what would suffice.
"""

from __future__ import annotations

from layers.siting.solver.attendance import Attendance, attended, attended_by_site, expected, exponential, linear
from layers.siting.solver.change import COST, COVER, FAIR, FEWEST, Change
from layers.siting.solver.instance import COVERAGE_MODELS, MODELS, Instance
from layers.siting.solver.load import loads
from layers.siting.solver.progress import Clock, Progress, Reason
from layers.siting.solver.reorganisation import Reorganised, missed, reorganise
from layers.siting.solver.search import best, reach_counts, solve, value
from layers.siting.solver.several_demands import REGRET, WORST, Robust, robust
from layers.siting.solver.stages import Staged, staged

__all__ = [
    "COST",
    "COVER",
    "FAIR",
    "FEWEST",
    "Change",
    "Clock",
    "Reorganised",
    "Staged",
    "missed",
    "reorganise",
    "COVERAGE_MODELS",
    "MODELS",
    "Instance",
    "Progress",
    "Reason",
    "best",
    "Attendance",
    "attended",
    "attended_by_site",
    "expected",
    "exponential",
    "linear",
    "loads",
    "REGRET",
    "WORST",
    "Robust",
    "robust",
    "reach_counts",
    "solve",
    "staged",
    "value",
]
