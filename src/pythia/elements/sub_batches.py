"""The property ``sub-batches`` of nvtracker: which sources share an instance of the tracker."""

from __future__ import annotations

from collections import Counter

from pythia.exceptions import ConfigError, PipelineError


class SubBatches:
    """Sends each source to an instance, as DeepStream's plug-in does.

    ``"0,1;2,3"`` names the sources of each instance. ``"2:4"`` gives how many sources each may
    have, and a new source goes to the one that has fewest. An empty text means one for all.

    Raises:
        ConfigError: the text is neither.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._sources: list[list[int]] = []
        self._sizes: list[int] = []
        self._places: dict[int, int] = {}
        if ":" in text:
            if set(text) & set(";,"):
                raise self._error()
            self._sizes = [self._number(part) for part in _parts(text, ":")]
        elif text:
            self._sources = [
                [self._number(part) for part in _parts(group, ",")] for group in _parts(text, ";")
            ]
            self._check_unique()

    @property
    def count(self) -> int:
        """How many instances there are."""
        return len(self._sources) or len(self._sizes) or 1

    def place(self, source: int) -> int:
        """The instance of a source.

        Raises:
            PipelineError: there is none for it.
        """
        if not self._sources and not self._sizes:
            return 0
        if source not in self._places:
            self._places[source] = self._find(source)
        return self._places[source]

    def release(self, source: int) -> None:
        """Make room for another source."""
        self._places.pop(source, None)

    def _find(self, source: int) -> int:
        for place, sources in enumerate(self._sources):
            if source in sources:
                return place
        taken = Counter(self._places.values())
        free = [place for place, size in enumerate(self._sizes) if taken[place] < size]
        if not free:
            raise PipelineError(
                f"nvtracker: sub-batches={self._text!r} has no place for source {source}; "
                "name it there, or make a sub-batch larger"
            )
        return min(free, key=taken.__getitem__)

    def _number(self, text: str) -> int:
        if not text.strip().isdecimal():
            raise self._error()
        return int(text)

    def _check_unique(self) -> None:
        named = Counter(number for sources in self._sources for number in sources)
        twice = [number for number, times in named.items() if times > 1]
        if twice:
            raise ConfigError(
                f"nvtracker: sub-batches={self._text!r} names source {twice[0]} twice"
            )

    def _error(self) -> ConfigError:
        return ConfigError(
            f"nvtracker: sub-batches={self._text!r} is neither sources of each sub-batch such as "
            "'0,1;2,3' nor sizes of sub-batches such as '2:2'"
        )


def _parts(text: str, separator: str) -> list[str]:
    """The parts of a list that may end with its separator."""
    parts = text.split(separator)
    return parts[:-1] if len(parts) > 1 and not parts[-1].strip() else parts
