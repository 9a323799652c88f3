"""A registry of named choices: explicit, loud, listable."""

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar, cast

from edgelab.errors import ConfigError, close_names

Entry = TypeVar("Entry")
Registered = TypeVar("Registered")


class Registry(Generic[Entry]):
    """Names of one kind of thing and what they stand for.

    Args:
        kind: What is registered, in the singular, as it should appear in messages: `"norm"`,
            `"scorer"`.

    Example:
        >>> norms = Registry("norm")
        >>> @norms.register("none")
        ... def identity(x):
        ...     return x
        >>> norms["none"](3), norms.names()
        (3, ['none'])
        >>> norms["nonee"]
        Traceback (most recent call last):
        ...
        edgelab.errors.ConfigError: unknown norm 'nonee' (close: 'none'); choose one of ['none']
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._entries: dict[str, Entry] = {}

    def register(self, name: str) -> Callable[[Registered], Registered]:
        """Return a decorator that stores what it decorates under `name`.

        Args:
            name: The name that users will write.

        Returns:
            A decorator that returns its argument unchanged.

        Raises:
            ConfigError: If the name is taken.
        """
        if name in self._entries:
            raise ConfigError(f"{self.kind} {name!r} is registered already; choose another name")

        def store(entry: Registered) -> Registered:
            # Returned with its own type, so that a decorated function keeps its signature.
            self._entries[name] = cast(Entry, entry)
            return entry

        return store

    def names(self) -> list[str]:
        """Return every registered name in the order of registration."""
        return list(self._entries)

    def __getitem__(self, name: str) -> Entry:
        if name not in self._entries:
            raise ConfigError(
                f"unknown {self.kind} {name!r} ({close_names(name, self._entries)}); "
                f"choose one of {self.names()}"
            )
        return self._entries[name]

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)
