"""Zip archives from strangers: what is inside is looked at before anything is unpacked."""

from __future__ import annotations

import zipfile
from pathlib import Path, PurePosixPath

from geodata.errors import N_
from geodata.importing.limits import MAX_MEMBERS, MAX_RATIO, MAX_UNPACKED, SMALL, UNPACKED_A_BYTE
from geodata.importing.report import Unreadable, shown


def opened(path: Path) -> zipfile.ZipFile:
    """Open an archive that is safe to read.

    A member never unpacks to more than the directory says: :mod:`zipfile` stops there.

    Raises
    ------
    Unreadable
        When it is broken, encrypted, a bomb, or names files outside itself.
    """
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, UnicodeDecodeError) as error:
        raise Unreadable(
            N_("压缩文件打不开或已损坏（{detail}）：请重新保存或重新压缩后再试。"), detail=shown(error)
        ) from error
    try:
        _look_through(archive)
    except Unreadable:
        archive.close()
        raise
    return archive


def _look_through(archive: zipfile.ZipFile) -> None:
    members = archive.infolist()
    if len(members) > MAX_MEMBERS:
        raise Unreadable(
            N_("压缩文件里有 {got} 个文件，最多 {limit} 个：请只压缩需要导入的文件。"),
            got=len(members),
            limit=MAX_MEMBERS,
        )
    unpacked = sum(member.file_size for member in members)
    packed = max(sum(member.compress_size for member in members), 1)
    limit = MAX_UNPACKED + UNPACKED_A_BYTE * packed
    if unpacked > limit or (unpacked > SMALL and unpacked / packed > MAX_RATIO):
        raise Unreadable(
            N_("压缩文件解开后有 {got} MB，大得不正常（上限 {limit} MB）：请检查文件来源，或分成几个文件。"),
            got=round(unpacked / 2**20),
            limit=limit // 2**20,
        )
    for member in members:
        name = member.filename.replace("\\", "/")
        if name.startswith("/") or ":" in name or ".." in PurePosixPath(name).parts:
            raise Unreadable(N_("压缩文件里的路径“{name}”指向别处，已拒绝：请重新压缩。"), name=shown(member.filename))
        if member.flag_bits & 0x1:
            raise Unreadable(N_("文件有密码保护：请去掉密码后再导入。"))
