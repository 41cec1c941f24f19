"""The rules of the YAML reader: what each code means, in one place."""

from __future__ import annotations

from dataclasses import dataclass

from engine.core.problem import Fix, Problem, Severity
from engine.language.nodes import Span

# code -> (name, what it says to a person)
RULES: dict[str, tuple[str, str]] = {
    "Y001": ("not-yaml", "The file cannot be read: a colon, quote, bracket, dash or the indentation is wrong."),
    "Y002": ("tab-indent", "Lines are indented with spaces; a tab character is refused."),
    "Y003": ("duplicate-key", "The same name stands twice in one place; only one of the two could count."),
    "Y004": ("anchor", "Anchors (&name), aliases (*name) and merges (<<) are not part of the language."),
    "Y005": ("tag", "Tags (!name) are not part of the language."),
    "Y006": ("several-documents", "A file holds one document; a second one after --- is refused."),
    "Y007": ("too-deep", "Things stand more than 40 levels inside each other."),
    "Y008": ("too-big", "The file is over 1 MB, or has more than 50,000 entries."),
    "Y009": ("unquoted-formula", "A text with {{ }} needs quotes around it, or YAML takes the braces for a map."),
    "Y010": ("text-cut", "A # after a space begins a comment, so the rest of the text is lost."),
    "Y011": ("curly-quotes", "Curly quotes do not quote anything; YAML knows only straight ones."),
    "Y012": ("invisible-character", "An invisible character stands where YAML needs an ordinary space or line end."),
    "Y013": ("empty-file", "There is nothing in the file."),
    "Y014": ("not-text", "The file is not UTF-8 text."),
    "Y015": ("colon-in-text", "A colon and a space inside a text need quotes around the text."),
    "Y016": ("unquoted-number", "A phone number, PIN or key without quotes: it is a text, not a number to count with."),
    "Y017": ("misplaced-line", "A line stands too far to the left or right, or has lost its dash."),
    "Y018": ("stray-quote", "A text ends with a quote that nothing opens."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A problem without its path."""

    rule: str
    span: Span
    message: str
    hint: str = ""
    severity: Severity = "error"
    fix_text: str | None = None  # what to put in the place of the span

    def at(self, path: str) -> Problem:
        """Return it as a problem of the file *path*."""
        line, column, end_line, end_column = self.span.line, self.span.column, self.span.end_line, self.span.end_column
        place = {"line": line, "column": column, "end_line": end_line, "end_column": end_column}
        fix = None if self.fix_text is None else Fix(**place, text=self.fix_text)
        return Problem(
            path=path,
            **place,
            severity=self.severity,
            rule=self.rule,
            name=RULES[self.rule][0],
            message=self.message,
            hint=self.hint,
            fix=fix,
        )
