"""Where the command line talks: results to standard output, everything else to standard error."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from edgelab.errors import EdgelabError

out = Console()
err = Console(stderr=True)

# What users can cause: our own errors, and files that cannot be opened. Anything else is a bug and
# shows its traceback.
USER_ERRORS = (EdgelabError, OSError)


@contextmanager
def one_clear_line(debug: bool) -> Iterator[None]:
    """Turn an error of the user's into one line and exit code 1, Ctrl-C into one line and 130, and
    keep quiet else.

    Args:
        debug: Let errors through, with their traceback, and show the warnings of libraries.

    Yields:
        Nothing.

    Raises:
        SystemExit: With code 1, for an error that a user can cause; with code 130 after Ctrl-C.
        KeyboardInterrupt: After Ctrl-C, with `debug`.
    """
    try:
        with warnings.catch_warnings():
            if not debug:
                warnings.simplefilter("ignore")
            yield
    except KeyboardInterrupt as error:
        if debug:
            raise
        err.print(
            "[bold red]interrupted[/]: the results are not complete; --force writes them anew",
            soft_wrap=True,
        )
        raise SystemExit(130) from error
    except USER_ERRORS as error:
        if debug:
            raise
        err.print(f"[bold red]error:[/] {_escaped(error)}", highlight=False, soft_wrap=True)
        raise SystemExit(1) from error


def _escaped(error: BaseException) -> str:
    return " ".join(str(error).split()).replace("[", r"\[")
