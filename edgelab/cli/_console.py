"""Where the command line talks: results to standard output, everything else to standard error."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape

from edgelab.errors import EdgelabError

out = Console()
err = Console(stderr=True)

# What users can cause: our own errors, and files that cannot be opened. Anything else is a bug and
# shows its traceback.
USER_ERRORS = (EdgelabError, OSError)

# Warnings about code: a coming version of a library will want it written otherwise. They say
# nothing about the results of this version, and a user of the command line cannot act on them.
_ABOUT_CODE = (
    *(DeprecationWarning, PendingDeprecationWarning, FutureWarning),
    *(ImportWarning, ResourceWarning),
)
# A figure shows a box for a letter that its font lacks; tables and networks hold the whole name.
_MISSING_GLYPH = r"Glyph \d+ .* missing from"


@contextmanager
def one_clear_line(debug: bool) -> Iterator[None]:
    """Turn a user's error into one line and exit code 1, Ctrl-C into one line and 130.

    A warning becomes one line too, unless it is known to be harmless. With `debug` errors keep
    their traceback, and warnings are shown as Python shows them.
    """
    try:
        with warnings.catch_warnings():
            if not debug:
                _show_warnings_in_one_line()
            yield
    except KeyboardInterrupt as error:
        if debug:
            raise
        _say("interrupted", "the results are not complete; --force writes them anew")
        raise SystemExit(130) from error
    except USER_ERRORS as error:
        if debug:
            raise
        _say("error", str(error))
        raise SystemExit(1) from error


def _show_warnings_in_one_line() -> None:
    """Change how warnings are shown, until `catch_warnings` puts it back."""
    warnings.simplefilter("always")
    for category in _ABOUT_CODE:
        warnings.simplefilter("ignore", category)
    warnings.filterwarnings("ignore", _MISSING_GLYPH, UserWarning)
    shown: set[str] = set()

    def show(message: Warning | str, *_where: object) -> None:
        # Once for each text: a warning of a loop over splits would bury the results.
        if str(message) not in shown:
            shown.add(str(message))
            _say("warning", str(message), colour="yellow")

    # Python looks this name up whenever a warning passes the filters.
    warnings.showwarning = show  # type: ignore[assignment]


def _say(kind: str, text: str, colour: str = "red") -> None:
    one_line = escape(" ".join(text.split()))
    err.print(f"[bold {colour}]{kind}:[/] {one_line}", highlight=False, soft_wrap=True)
