"""The address of an event stream, parsed once."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from urllib.parse import quote, unquote

from pythia.exceptions import StreamError

FORM = "scheme://[user:password@]host[:port][,host:port...]/path?stream=NAME&option=value"

_SECRET = re.compile("pass|pwd|secret|token|credential|api_?key|key\\.pem|^query$", re.IGNORECASE)
_HOST = re.compile(r"(?P<name>\[[^\]]*\]|[^:]*)(:(?P<port>\d+))?")


@dataclass(frozen=True)
class StreamUri:
    """A parsed stream URI; ``str()`` and ``repr()`` never show the password.

    Attributes:
        scheme: What stands before ``://``, in lower case (a ``module:Class`` keeps its case).
        user: User name, None where the URI has none.
        password: Password, None where the URI has none.
        authority: Hosts and ports as written, without user and password.
        path: Path with its leading slash, percent-decoded; may be empty.
        options: Everything after ``?``, ``stream`` included.
    """

    scheme: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    authority: str = ""
    path: str = ""
    options: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def parse(cls, text: str) -> StreamUri:
        """Parse ``text``.

        Raises:
            StreamError: ``text`` is not of the form ``scheme://...``, or has a ``/`` or ``?`` in
                its password, the rest of which would become part of the path.
        """
        scheme, separator, rest = text.partition("://")
        if not separator or not scheme:
            raise StreamError(f"not an event stream URI: {_shown(text)!r}; the form is {FORM}")
        target, _, query = rest.partition("?")
        place, slash, path = target.partition("/")
        login, at, authority = place.rpartition("@")
        if not at and "@" in rest and not _is_hosts(place):
            raise StreamError(
                f"{scheme}://***: what is before the first '/' or '?' is not host or host:port; "
                "in a user name or password they are written %2F and %3F"
            )
        user, colon, password = login.partition(":")
        return cls(
            scheme=scheme if ":" in scheme else scheme.lower(),
            user=unquote(user) if at else None,
            password=unquote(password) if colon else None,
            authority=authority,
            path=slash + unquote(path),
            options=MappingProxyType(_parse_query(query)),
        )

    @property
    def stream(self) -> str | None:
        """The value of the option ``stream``: topic, key, subject, ... of the other end."""
        return self.options.get("stream")

    @property
    def file_path(self) -> str:
        """Authority and path read as a file name, so ``file://out.jsonl`` is a relative path.

        Raises:
            StreamError: There is a user, which a file has not.
        """
        if self.user is not None:
            raise StreamError(f"{self}: a file has no user; an '@' in its name is written %40")
        return unquote(self.authority) + self.path

    @property
    def hosts(self) -> tuple[tuple[str, int | None], ...]:
        """Host names with their ports, in the order written.

        Raises:
            StreamError: A port is not a number.
        """
        return tuple(self._parse_host(part) for part in self.authority.split(",") if part)

    def _parse_host(self, part: str) -> tuple[str, int | None]:
        match = _HOST.fullmatch(part)
        if match is None:
            raise StreamError(f"{self}: {part!r} is not host or host:port")
        port = match["port"]
        return match["name"].strip("[]"), int(port) if port else None

    def hide(self, text: str) -> str:
        """Return ``text``, an error of somebody else, without the secrets of this URI."""
        secrets = {self.password} | {v for k, v in self.options.items() if _SECRET.search(k)}
        for secret in sorted(filter(None, secrets), key=len, reverse=True):
            text = text.replace(secret, "***").replace(quote(secret, safe=""), "***")
        return text

    def only(self, known: Set[str]) -> StreamUri:
        """Return this URI with only the options in ``known``: a misspelt one may be a secret."""
        options = {name: value for name, value in self.options.items() if name in known}
        return replace(self, options=MappingProxyType(options))

    def choice(self, name: str, choices: Sequence[str]) -> str:
        """Return the option ``name``, which must be one of ``choices``; the first is the default.

        Raises:
            StreamError: The value is none of them.
        """
        value = self.options.get(name, choices[0])
        if value not in choices:
            raise StreamError(f"{self}: {name}={value!r}; available: {', '.join(choices)}")
        return value

    def number(self, name: str, default: float, minimum: float = 0) -> float:
        """Return the option ``name`` as a number.

        Raises:
            StreamError: The value is not a number, or is below ``minimum``.
        """
        text = self.options.get(name)
        if text is None:
            return default
        try:
            value = float(text)
        except ValueError:
            raise StreamError(f"{self}: {name}={text!r} is not a number") from None
        if not value >= minimum:
            raise StreamError(f"{self}: {name}={text}; the least possible is {minimum:g}")
        return value

    def switch(self, name: str, default: bool) -> bool:
        """Return the option ``name``, which must be ``yes`` or ``no``.

        Raises:
            StreamError: The value is neither.
        """
        return self.choice(name, ("yes", "no") if default else ("no", "yes")) == "yes"

    def integer(self, name: str, default: int, minimum: int = 0) -> int:
        """Return the option ``name`` as a whole number; see :meth:`number`."""
        value = self.number(name, default, minimum)
        if not value.is_integer() if isinstance(value, float) else False:
            raise StreamError(f"{self}: {name}={self.options[name]!r} is not a whole number")
        return int(value)

    def __str__(self) -> str:
        login = "" if self.user is None else self.user + (":***" if self.password else "") + "@"
        # A name with a dot is a client library's, which may be a misspelt secret.
        pairs = (
            f"{k}={'***' if '.' in k or _SECRET.search(k) else v}" for k, v in self.options.items()
        )
        query = "&".join(pairs)
        return f"{self.scheme}://{login}{self.authority}{self.path}{'?' * bool(query)}{query}"


def _parse_query(query: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in query.split("&") if part)
    return {unquote(name): unquote(value) for name, _, value in pairs}


def _is_hosts(place: str) -> bool:
    parts = [_HOST.fullmatch(part) for part in place.split(",")]
    return not place or all(part is not None and part["name"] for part in parts)


def _shown(text: str) -> str:
    return re.sub(r".*@", "***@", text, flags=re.DOTALL)
