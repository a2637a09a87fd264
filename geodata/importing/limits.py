"""How much of a stranger's file the atlas takes.

Bounds are counted, not timed, and counted before or while reading: what lies beyond them is never held in
memory. They are set so that a file at any of them is answered within ten seconds and one GiB
(``tests/geodata/importing/test_hostile.py``), but for a text table whose headers are known: it may be longer, within
the same GiB (``tests/geodata/importing/test_long.py``, ``tests/benchmarks/test_large_import.py``), and take its
minutes. docs/importing.md states them for people.
"""

from __future__ import annotations

MAX_BYTES = 200 * 2**20  # of the file as it lies on disk, but for a text
MAX_ROWS = 200_000
MAX_TABLE_ROWS = 2_000_000  # of a text table whose headers are known
MAX_COLUMNS = 400
MAX_CELLS = 3_000_000  # that hold anything, all sheets together
MAX_TABLE_CELLS = 40_000_000  # of such a table
MAX_STRANGE_CELLS = 6_000_000  # of a text table with no header that is known
CELLS_A_BYTE = 0.5  # of an .xlsx beyond MAX_CELLS for every byte of the file: an honest cell takes five

# zip archives
MAX_MEMBERS = 2_000
MAX_UNPACKED = 256 * 2**20
UNPACKED_A_BYTE = 20  # bytes on top of that for every byte of the archive: honest sheets unpack to ten times their size
MAX_RATIO = 400  # honest sheets reach 30, a bomb a thousand
SMALL = 5 * 2**20  # below this a high ratio harms nobody

# workbooks
MAX_SHEETS = 60
MAX_ELEMENTS = (
    6_000_000  # XML elements of all sheets together but for cells with a value, empty ones with a style among them
)
MAX_PART_ELEMENTS = 2_000_000  # of one of the other parts: strings, styles
MAX_STRINGS = 1_000_000  # shared strings
MAX_STRING_CHARACTERS = 80_000_000
MAX_COMMENTS = 50_000  # of a sheet, and cells with a line through them
MAX_STYLES = 65_000  # a workbook of Excel holds 65,490
MAX_TOKEN = 8 * 2**20  # one tag, or one stretch that the parser cannot yet make sense of, in bytes

# texts
MAX_TEXT = 400 * 2**20  # of a text table whose headers are known, bytes
MAX_STRANGE_TEXT = 64 * 2**20  # of any other
MAX_FIELD = 4 * 2**20  # characters of a cell; an outline of the nation as WKT is one megabyte
MAX_RECORD = 6 * 2**20  # characters of a row

# GeoJSON, GeoPackage, Shapefile
MAX_JSON = 64 * 2**20
MAX_JSON_MEMORY = 300 * 2**20  # what its brackets and commas will take once read
MAX_DATABASE_CELL = 16 * 2**20
MAX_DATABASE = 200 * 2**20  # all that is read of a GeoPackage
MAX_SHAPEFILE = 100 * 2**20
MAX_VERTICES = 3_000_000
SECONDS = 6  # for a database, which may be asked to compute

# readers that others wrote, in a process of their own
APART_MEMORY = 900 * 2**20  # addresses
APART_SECONDS = 8  # of processor time, while the file is small
APART_SECONDS_PER_MIB = 1  # more for every MiB of the file: a sheet of many rows takes its time
APART_SECONDS_AT_MOST = 60
MAX_HTML = 24 * 2**20
MAX_MARKUP = 64 * 2**20  # KML, GPX, SpreadsheetML
MAX_DEPTH = 200  # of folders and the like within each other

# what is said of it
MAX_BAD_CELLS = 50_000  # a file that is wrong throughout is not read to its end
TREE_BLOCK = 100_000  # points or keys looked up at once
