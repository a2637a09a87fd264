"""Brute force: every allowed choice of a small instance, judged by definitions that share no code with the engine."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
from scipy.optimize import linprog


def choices(case: dict):
    """Every allowed choice of new sites of a case (see `random_case`)."""
    n = len(case["distance"][0])
    free = [j for j in range(n) if not case["existing"][j] and not case["forbidden"][j]]
    most = len(free) if case["new"] is None else case["new"]
    stand = [j for j in range(n) if case["existing"][j]]
    for size in range(most + 1):
        for chosen in combinations(free, size):
            if any(case["forced"][j] and j not in chosen for j in range(n)):
                continue
            if case["budget"] is not None and sum(case["cost"][j] for j in chosen) > case["budget"] * (1 + 1e-9):
                continue
            there = {*chosen, *stand}
            if any(a in there and b in there and not (a in stand and b in stand) for a, b in case["conflicts"]):
                continue
            yield chosen, sorted(there)


def objective(case: dict, chosen, there) -> float | None:
    """What a choice is worth by the definition of its model; None when it does not serve as it must."""
    distance = np.asarray(case["distance"])[:, there] if there else np.full((len(case["weight"]), 0), np.inf)
    weight = np.asarray(case["weight"])
    model = case["model"]
    if case["capacity"] is not None and case["single_source"]:
        return _whole(case, chosen, there)
    if case["capacity"] is not None:
        return _shared(case, chosen, there, distance, weight)
    if model in ("mclp", "lscp"):
        reached = (distance <= case["radius"]).sum(axis=1) >= case["cover"]
        if model == "mclp":
            return float(weight[reached].sum())
        if not reached.all():
            return None
        return float(sum(case["cost"][j] for j in chosen)) if case["by_cost"] else float(len(chosen))
    nearest = distance.min(axis=1, initial=np.inf)
    if model == "pcenter":
        return float(nearest.max()) if np.isfinite(nearest).all() else None
    wanted = weight > 0
    return float((weight[wanted] * nearest[wanted]).sum()) if np.isfinite(nearest[wanted]).all() else None


def _shared(case, chosen, there, distance, weight):
    # tolerances of the linear solver are absolute: measure weight and cost in units of their own size
    unit = float(weight.max()) or 1.0
    length = float(distance[np.isfinite(distance)].max(initial=0.0)) or 1.0
    weight, room = weight / unit, [case["capacity"][j] / unit for j in there]

    def flow(limit):
        """Weight served (mclp) or least Σ weight × distance with everybody served, within `limit`."""
        pairs = [(i, k) for i in range(len(weight)) for k in range(len(there)) if distance[i, k] <= limit]
        needy = [i for i in range(len(weight)) if (weight[i] > 0 or case["model"] in ("lscp", "pcenter"))]
        if case["model"] != "mclp" and {i for i, _ in pairs} < set(needy):
            return None
        if not pairs:
            return 0.0 if case["model"] == "mclp" or not needy else None
        share = np.array([[float(i == row) for i, _ in pairs] for row in needy]).reshape(len(needy), len(pairs))
        load = np.array([[weight[i] * (k == site) for i, k in pairs] for site in range(len(there))])
        finite = np.isfinite(room)
        c = [-weight[i] if case["model"] == "mclp" else weight[i] * distance[i, k] / length for i, k in pairs]
        if case["model"] == "mclp":
            found = linprog(
                c,
                A_ub=np.vstack([share, load[finite]]),
                b_ub=[1.0] * len(needy) + list(np.array(room)[finite]),
                bounds=(0, 1),
            )
            return -found.fun * unit
        found = linprog(
            c,
            A_ub=load[finite] if finite.any() else None,
            b_ub=np.array(room)[finite] if finite.any() else None,
            A_eq=share,
            b_eq=[1.0] * len(needy),
            bounds=(0, 1),
        )
        return found.fun * unit * length if found.status == 0 else None

    if case["model"] == "pcenter":
        for level in np.unique(distance[np.isfinite(distance)]):
            if flow(level) is not None:
                return float(level)
        return None
    found = flow(case["radius"] if case["model"] in ("mclp", "lscp") else np.finfo(float).max)
    if case["model"] == "lscp" and found is not None:
        return float(sum(case["cost"][j] for j in chosen)) if case["by_cost"] else float(len(chosen))
    return found


def _assignments(case):
    """Every way to assign each demand to a site or to none, that no site's capacity forbids:
    the sites it uses as bits, whom it leaves out as bits, and what it is worth.
    """
    if "assignments" not in case:
        distance, weight = np.asarray(case["distance"]), np.asarray(case["weight"])
        m, n = distance.shape
        ways = np.array(list(product(range(-1, n), repeat=m)))
        able = np.ones(len(ways), bool)
        used = np.zeros(len(ways), int)
        for j in range(n):
            mine = ways == j
            able &= (mine * weight).sum(axis=1) <= case["capacity"][j] * (1 + 1e-9)
            used |= mine.any(axis=1) << j
        far = np.column_stack([distance, np.zeros(m)])[np.arange(m), ways]  # the last column is nobody
        able &= np.isfinite(far).all(axis=1)
        if case["model"] in ("mclp", "lscp"):
            able &= (far <= case["radius"] * (1 + 1e-9)).all(axis=1)
        out = ((ways < 0) << np.arange(m)).sum(axis=1)
        worth = {
            "mclp": ((ways >= 0) * weight).sum(axis=1),
            "pmedian": (far * weight).sum(axis=1),
            "pcenter": far.max(axis=1),
            "lscp": np.zeros(len(ways)),
        }[case["model"]]
        case["assignments"] = used[able], out[able], worth[able]
    return case["assignments"]


def _whole(case, chosen, there):
    used, out, worth = _assignments(case)
    needy = (
        np.ones(len(case["weight"]), bool) if case["model"] in ("lscp", "pcenter") else np.asarray(case["weight"]) > 0
    )
    must = 0 if case["model"] == "mclp" else int((needy << np.arange(len(needy))).sum())
    able = ((used & ~sum(1 << j for j in there)) == 0) & ((out & must) == 0)
    if not able.any():
        return None
    if case["model"] == "lscp":
        return float(sum(case["cost"][j] for j in chosen)) if case["by_cost"] else float(len(chosen))
    return float(worth[able].max() if case["model"] == "mclp" else worth[able].min())


def optimum(case: dict) -> float | None:
    """The best objective over every allowed choice; None when none serves."""
    values = [value for chosen, there in choices(case) if (value := objective(case, chosen, there)) is not None]
    if not values:
        return None
    return max(values) if case["model"] == "mclp" else min(values)


def random_case(random: np.random.Generator, model: str, twist: str) -> dict:
    """A small instance; `twist` names the condition that it is about."""
    single = twist == "single source"
    m, n = int(random.integers(3, 8 if single else 15)), int(random.integers(3, 6 if single else 10))
    twist = "capacity" if single else twist
    demand, sites = random.integers(0, 40, (m, 2)) * 10.0, random.integers(0, 40, (n, 2)) * 10.0
    distance = np.hypot(*(demand[:, None, :] - sites[None, :, :]).transpose(2, 0, 1))
    weight = random.integers(0, 9, m).astype(float)
    if random.random() < 0.5:
        weight = random.random(m) * 10.0 ** random.integers(-6, 4)
        weight[random.random(m) < 0.1] = 0.0
    case = {
        "model": model,
        "weight": weight,
        "distance": distance,
        "sites": sites,
        "existing": np.zeros(n, bool),
        "forced": np.zeros(n, bool),
        "forbidden": np.zeros(n, bool),
        "cost": np.zeros(n),
        "budget": None,
        "new": int(random.integers(1, n)),
        "radius": float(random.integers(5, 30) * 10),
        "capacity": None,
        "single_source": single,
        "conflicts": [],
        "cover": 1,
        "by_cost": False,
    }
    if model == "lscp" and random.random() < 0.7:
        case["new"] = None
    if model == "lscp":
        case["radius"] *= 1.5
    roles = random.permutation(n)
    everything = twist == "all" or (twist == "capacity" and random.random() < 0.3)
    if twist == "existing" or everything:
        case["existing"][roles[: int(random.integers(1, 3))]] = True
    if twist == "forced" or everything:
        case["forced"][roles[2:3]] = True
        case["forbidden"][roles[3:4]] = True
    if twist == "budget" or everything:
        case["cost"] = random.integers(1, 20, n).astype(float) if random.random() < 0.5 else random.random(n) * 1e5
        case["budget"] = float(case["cost"].sum() * random.uniform(0.1, 0.8))
        if random.random() < 0.5:
            case["new"] = None
        case["by_cost"] = model == "lscp" and random.random() < 0.7
        if case["by_cost"] and random.random() < 0.5:
            case["budget"] = None
    if twist == "spacing" or everything:
        spacing = float(random.integers(5, 25) * 10)
        apart = np.hypot(*(sites[:, None, :] - sites[None, :, :]).transpose(2, 0, 1))
        case["conflicts"] = [(i, j) for i in range(n) for j in range(i + 1, n) if apart[i, j] < spacing]
    if twist == "capacity":
        case["capacity"] = np.where(random.random(n) < 0.2, np.inf, weight.sum() * random.uniform(0.05, 0.9, n))
        case["existing"][roles[:1]] = random.random() < 0.5
        if random.random() < 0.3:
            distance[random.random(distance.shape) < 0.2] = np.inf
    if twist == "cover" and model in ("mclp", "lscp"):
        case["cover"] = int(random.integers(2, 4))
        case["existing"][roles[:1]] = random.random() < 0.5
        case["radius"] *= 1.5
    if twist == "unreachable":
        distance[random.random(distance.shape) < 0.35] = np.inf
    if case["new"] is not None:
        case["new"] = min(case["new"], int((~case["existing"] & ~case["forbidden"]).sum()))
    return case
