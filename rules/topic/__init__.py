"""Whether a comment still belongs to its thread."""
