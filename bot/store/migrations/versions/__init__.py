"""The versions, numbered."""
