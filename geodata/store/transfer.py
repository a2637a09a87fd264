"""A whole atlas from one store into another, with its log, checked row by row before it takes effect."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from geodata.errors import N_, AtlasError
from geodata.store.whole import Contents, Site, of_database, pour


def move(
    source: Site, target: Site, replace: bool = False, progress: Callable[[float, str], None] = lambda *_: None
) -> dict[str, Any]:
    """Copy the atlas of `source` into `target`, whole or not at all; `source` stays as it is.

    Parameters
    ----------
    source, target : Site
    replace : bool
        Whether an atlas that `target` holds gives way.
    progress : callable
        Gets the share done (0 to 1) and a message template in Chinese.

    Returns
    -------
    dict
        ``tables`` (rows by table), ``batches``, ``changes`` (rows of the log), ``data_version``.

    Raises
    ------
    AtlasError
        When `source` holds no atlas, both are the same, `target` holds one already, or
        what was written does not read back the same.
    """
    if str(source) == str(target):
        raise AtlasError(N_("来源和目标是同一处（{where}）：请给出另一处。"), where=source)
    with source.open().reading() as snapshot:
        contents = of_database(snapshot.database, lambda done: progress(0.4 * done, N_("正在读出图册")))
    with target.filling(replace) as database:
        if database is None:
            raise AtlasError(
                N_("目标 {where} 里已有图册：要用来源的图册替换它，请加 --replace；两处都没有改动。"), where=target
            )
        pour(database, contents, lambda done: progress(0.4 + 0.3 * done, N_("正在写入图册")))
        _refuse_difference(
            contents, of_database(database, lambda done: progress(0.7 + 0.3 * done, N_("正在逐行核对"))), target
        )
    progress(1.0, N_("图册已迁移"))
    return {
        "tables": {name: len(rows) for name, rows in contents.rows.items()},
        "batches": len(contents.batches),
        "changes": len(contents.changes),
        "data_version": contents.meta["data_version"],
    }


def _refuse_difference(put: Contents, back: Contents, target: Site) -> None:
    pairs = {
        **{name: (rows, back.rows[name]) for name, rows in put.rows.items()},
        "atlas_meta": (sorted(put.meta.items()), sorted(back.meta.items())),
        "batches": (put.batches, back.batches),
        "batch_changes": (put.changes, back.changes),
    }
    for name, (wrote, read) in pairs.items():
        if wrote != read:
            count = abs(len(wrote) - len(read)) + sum(one != other for one, other in zip(wrote, read, strict=False))
            raise AtlasError(
                N_("写进 {where} 的表 {table} 有 {count} 行读回来不一样：没有迁移，目标没有改动。"),
                where=target,
                table=name,
                count=count,
            )
