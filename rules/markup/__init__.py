"""The markup that comments are written in, one file each.

For a `plain` body the text is the body itself, unchanged. For `html` and `markdown` the text is what a browser would
show: entities resolved, white space folded, soft hyphens and zero-width spaces gone, blocks set apart by newlines.
Rendering never raises and takes time linear in the length of the body.
"""

from adapters.thread import Format
from rules.document import Document


def render(body: str, format: Format) -> Document:
    """Render a body in its format."""
    # Each renderer is loaded when a comment needs it: the Markdown parser is slow to import.
    if format == "html":
        from rules.markup import html

        return html.render(body)
    if format == "markdown":
        from rules.markup import markdown

        return markdown.render(body)
    from rules.markup import plain

    return plain.render(body)
