"""Derived files: the tables of a store in a form that every process maps, made once a version of the data."""

from geodata.derived.columns import Coded, lonlat
from geodata.derived.folder import ANSWERS, NAME, Folder, InMemory, Making, Tables, key_of
from geodata.derived.measures import Measures

__all__ = ["ANSWERS", "NAME", "Coded", "Folder", "InMemory", "Making", "Measures", "Tables", "key_of", "lonlat"]
