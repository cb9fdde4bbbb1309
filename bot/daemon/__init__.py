"""The daemon: polls every site in its turn for months, and tells how it fares; it knows nothing of SQL."""
