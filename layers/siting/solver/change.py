"""What may change of the sites that stand, and what must hold afterwards."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from geodata.errors import N_, AtlasError
from layers.siting.solver.instance import Instance

Floats = NDArray[np.float64]
#: What is sought: most weight · fewest new sites · least cost · the worst zone first, then the second worst, and so on.
COVER, FEWEST, COST, FAIR = "cover", "fewest", "cost", "fair"
AIMS = (COVER, FEWEST, COST, FAIR)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Change:
    """What may change, and what must hold afterwards.

    Attributes
    ----------
    aim : str
        One of :data:`AIMS`.
    close : int
        Most places that close, beside those that move.
    least : int
        Fewest of them.
    move : int
        Most places that move: one closes, another opens for it (beyond `close` and the new ones).
    moves : ndarray of int64, shape (q, 2), or None
        Existing site and candidate of each move that is allowed; None: anywhere.
    upgrade : int or None
        Most places where another kind takes the place of what stands; None: as many as the budget bears.
    keep : ndarray of bool, shape (n,), or None
        Existing sites that must not close (they may still be upgraded).
    closing : ndarray of float64, shape (n,), or None
        Cost of closing each existing site, yuan; counts in the budget.
    place : ndarray of int64, shape (n,), or None
        Which sites are kinds of the same place: at most one of them is there. With an existing one among them the
        others are upgrades of it. None: each is a place of its own.
    share : float or None
        Least part of the whole demand weight to be reached, 0 to 1.
    zone : ndarray of int64, shape (m,), or None
        Zone of each demand point; negative: none.
    zone_share : float or None
        Least part of the weight of every zone (that has any) to be reached, 0 to 1.
    """

    aim: str = COVER
    close: int = 0
    least: int = 0
    move: int = 0
    moves: NDArray[np.int64] | None = None
    upgrade: int | None = None
    keep: NDArray[np.bool_] | None = None
    closing: Floats | None = None
    place: NDArray[np.int64] | None = None
    share: float | None = None
    zone: NDArray[np.int64] | None = None
    zone_share: float | None = None

    def having(self, **changes: Any) -> Self:
        """Return a copy with `changes`."""
        return replace(self, **changes)


def check(instance: Instance, change: Change) -> None:
    """Raise an AtlasError for a wish that contradicts itself; it says what would do."""
    n, m, stand = instance.pairs.sites, instance.pairs.demands, int(instance.existing.sum())
    if change.aim not in AIMS:
        raise AtlasError(N_("没有“{got}”这种目标：请用 {allowed} 之一。"), got=change.aim, allowed=", ".join(AIMS))
    if instance.model != "mclp" or instance.capacity is not None or instance.cover != 1:
        raise AtlasError(N_("撤并、迁移、升级、比例和公平只用于不限容量、覆盖一次的 mclp。"))
    for got, said in (
        (change.share, N_("“至少覆盖全部需求”的比例 {got} 不可用：请给 0 到 1（0% 到 100%）之间的数。")),
        (change.zone_share, N_("“每个街道至少”的比例 {got} 不可用：请给 0 到 1（0% 到 100%）之间的数。")),
    ):
        if got is not None and not 0 <= got <= 1:
            raise AtlasError(said, got=got)
    for count, said in (
        (change.close, N_("“撤并几处”不能是 {got}：现有 {stand} 处，请给 0 到 {stand} 的整数。")),
        (change.move, N_("“至多迁移几处”不能是 {got}：现有 {stand} 处，请给 0 到 {stand} 的整数。")),
    ):
        if not 0 <= count <= stand:
            raise AtlasError(said, got=count, stand=stand)
    kept = 0 if change.keep is None or len(change.keep) != n else int((change.keep & instance.existing).sum())
    if change.least > min(change.close, stand - kept):
        raise AtlasError(
            N_("要撤 {got} 处，可以撤的只有 {able} 处：请少撤几处，或少保留几处。"),
            got=change.least,
            able=min(change.close, stand - kept),
        )
    if change.upgrade is not None and change.upgrade < 0:
        raise AtlasError(N_("升级的处数 {got} 不可用：请给不小于 0 的整数。"), got=change.upgrade)
    for name, values, expected in (
        ("keep", change.keep, n),
        ("closing", change.closing, n),
        ("place", change.place, n),
        ("zone", change.zone, m),
    ):
        if values is not None and len(values) != expected:
            raise AtlasError(
                N_("{name} 有 {got} 项，应为 {expected} 项。"), name=name, got=len(values), expected=expected
            )
    if change.closing is not None and not (np.isfinite(change.closing) & (change.closing >= 0)).all():
        raise AtlasError(N_("撤并的费用不可用：请给不小于 0 的元数。"))
    if change.moves is not None and len(change.moves):
        moves = np.asarray(change.moves, np.int64).reshape(-1, 2)
        if not (instance.existing[moves[:, 0]].all() and not instance.existing[moves[:, 1]].any()):
            raise AtlasError(N_("迁移须从现有点到备选点：请检查迁移的各对编号。"))
    zoned = change.zone is not None and bool((np.asarray(change.zone) >= 0).any())
    if (change.aim == FAIR or change.zone_share is not None) and not (
        zoned and instance.weight[np.asarray(change.zone) >= 0].sum() > 0
    ):
        raise AtlasError(N_("按片区求公平需要片区：请给有需求的片区（如街道）。"))
    if change.aim in (FEWEST, COST) and change.share is None and change.zone_share is None:
        raise AtlasError(N_("求最少点位或最少费用时，请说明要达到的比例：全部需求的或每个片区的。"))
