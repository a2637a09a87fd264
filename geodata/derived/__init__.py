"""Derived files: the tables of a store in a form that every process maps, made once a version of the data."""

from geodata.derived.columns import Coded, lonlat
from geodata.derived.folder import NAME, Folder, InMemory, Making, Tables, key_of

__all__ = ["NAME", "Coded", "Folder", "InMemory", "Making", "Tables", "key_of", "lonlat"]
