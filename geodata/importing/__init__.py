"""A stranger's file → checked rows, or a report of what is wrong and how to mend it.

:func:`geodata.importing.check.check_file` is the door; applying what it
accepts is the store's part (:mod:`geodata.store.batches`).
"""
