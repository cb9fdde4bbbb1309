"""The parts of the reader of saved pages: tree, class names, comment regions, their fields, dates, the post."""
