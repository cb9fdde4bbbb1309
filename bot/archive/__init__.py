"""The archive: texts of many threads in one SQLite file, with an index of their words."""
