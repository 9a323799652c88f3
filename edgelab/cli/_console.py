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


@contextmanager
def one_clear_line(debug: bool) -> Iterator[None]:
    """Turn a user's error into one line and exit code 1, Ctrl-C into one line and 130.

    With `debug` errors keep their traceback, and the warnings of libraries are shown.
    """
    try:
        with warnings.catch_warnings():
            if not debug:
                warnings.simplefilter("ignore")
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


def _say(kind: str, text: str, colour: str = "red") -> None:
    one_line = escape(" ".join(text.split()))
    err.print(f"[bold {colour}]{kind}:[/] {one_line}", highlight=False, soft_wrap=True)
