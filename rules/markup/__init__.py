"""The markup that comments are written in, one file each."""
