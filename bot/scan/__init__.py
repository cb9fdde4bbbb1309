"""Scans: the rules over an archive of any size, partition by partition, on one machine or on many (Dask)."""
