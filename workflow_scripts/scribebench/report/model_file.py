"""The file to paste into config/models/: settings without folders and secrets of this machine."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import yaml

from scribebench.harmless import visible
from scribebench.report.recommend import Judged

# A path of this machine, as a whole: from the root, a home, a drive, another machine, or upwards.
_ROOT = re.compile(r"/|~[\w.-]*[\\/]|[A-Za-z]:[\\/]|\\\\|\.\.[\\/]")
_WINDOWS = re.compile(r"~[\w.-]*\\|[A-Za-z]:[\\/]|\\\\|\.\.\\")
# What stands before a path in an argument.
_BEFORE = re.compile(r"(?:[-\w.]+=)?(?:file://(?=/))?")
# What shows that an argument is a command line, or a list of paths, and no path.
_NO_PATH = re.compile(r"[\s,:;='\"](?:~?/|[A-Za-z]:[\\/]|\\\\|--?[A-Za-z][\w-]*(?=[\s=]|\Z))")
# A path within such a text, in quotes or without spaces; not one below a variable.
_QUOTED = r"(?P<quote>['\"])(?P<whole>(?:~[\w.-]*[\\/]|[A-Za-z]:[\\/]|/)[^'\"\n]*)(?P=quote)"
_PART = r"(?:\\ |[^\s/:=,;'\"])+"
_DOS_PART = r"[^\s\\/:=,;'\"]+"
_PIECE = re.compile(
    rf"{_QUOTED}|(?:(?<=file://)|(?<![\w$./\\}}~]))"
    rf"(?:[A-Za-z]:[\\/](?:{_DOS_PART}[\\/])*(?:{_DOS_PART})?"
    rf"|(?:~[\w.-]*/|/{_PART}/)(?:{_PART}/)*(?:{_PART})?)"
)
_URL = re.compile(r"(?!file:)[A-Za-z][A-Za-z0-9+.-]*://[^\s'\"]*")
# As backends.serving replaces them.
_VARIABLE = re.compile(r"\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))")
_FIELDS_WITH_VARIABLES = frozenset({"files", "serve"})

_SECRET = r"(?:key|token(?!iz)|secret|passw|passphrase|credential|authorization|bearer)"
_SECRET_NAME = re.compile(_SECRET, re.I)
# Of these a number is a secret, too; of others it is a count or a token's number.
_SECRET_NUMBER = re.compile(r"api.?key|(?:auth|access).?token|secret|passw|passphrase|cred", re.I)
# Such names hold where a secret is, or what it is like, but not the secret.
_NO_SECRET_NAME = re.compile(
    r"(?:env|var|variable|file|path|dir|folder|type|length|size|count)\Z", re.I
)
_NUMBER = re.compile(r"(?:(?:int|float):)?[-+]?[\d.,]+(?:e[-+]?\d+)?\Z", re.I)
# Switches, and tokens as models have them, such as <|im_end|>.
_NO_SECRET = re.compile(
    r"(?:(?:bool:)?(?:true|false|auto|none|null|on|off)|<[^<>]*>|\{port\}|)\Z", re.I
)
_SCHEME = re.compile(r"(?:Bearer|Basic) +", re.I)
# NAME=VALUE as an argument or for `env`, and a header.
_ASSIGNED = re.compile(r"(-+[\w.-]+|[A-Za-z_][\w-]*)(=|: +)(.*)\Z", re.S)
# The same within a command line, and in JSON.
_IN_QUOTES = r"\"(?:\\.|[^\"\\])*\"|'[^']*'"
_INSIDE = re.compile(
    rf"(?<![\w.$/-])(?P<name>-{{1,2}}[\w.-]*{_SECRET}[\w.-]*(?:=|\s+)|\w*{_SECRET}\w*=)"
    rf"(?P<value>{_IN_QUOTES}|[^-\s'\"][^\s'\"]*)"
    rf"|(?P<json>(?P<mark>['\"])[\w-]*{_SECRET}[\w-]*(?P=mark)\s*:\s*)(?P<text>{_IN_QUOTES})"
    r"|(?P<bearer>\bBearer +)(?P<rest>[^\s'\"]+)",
    re.I,
)
NAME_CHARS, MOST_NAMES = 80, 6
# The keys of a model file, in the order in which people read them.
_ORDER = (
    "label", "backend", "url", "remote", "api_key_env", "tag", "files", "server_args", "serve",
    "quant", "options", "extra_body", "think", "batch_size", "image", "timeout_s", "probe",
)  # fmt: skip


def model_name(judged: Judged) -> str:
    """Return the name that the server knows a model by, or that of its file without a folder."""
    settings = judged.candidate.settings
    file = (settings.get("files") or {}).get("model")
    return settings.get("tag") or (_split(file)[1] if file else judged.candidate.model)


def model_file(judged: Judged) -> str:
    """Return the YAML of a file for config/models/ with the recommended settings.

    Folders of this machine, secrets and the values of a server's environment are variables to set;
    comments name them.
    """
    settings = judged.candidate.settings | {"batch_size": judged.measured.batches.size}
    shared = _Shared(settings)
    fields = [key for key in (*_ORDER, *sorted(settings)) if key in settings]
    content = {"label": judged.name}
    content |= {key: shared.field(key, settings[key]) for key in fields}
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=False, width=100)
    return "".join(f"{line}\n" for line in shared.comments()) + text


@dataclass
class _Use:
    """What a variable stands for: the folder of files, or values; in order, each once."""

    files: dict[str, None] = field(default_factory=dict)
    values: dict[str, None] = field(default_factory=dict)
    not_replaced_in: dict[str, None] = field(default_factory=dict)

    def __str__(self) -> str:
        told = [f"the folder of {_named(self.files)}"] if self.files else []
        told += [_named(self.values)] if self.values else []
        text = " and ".join(told) or "a folder"
        if self.not_replaced_in:
            fields = _named(self.not_replaced_in)
            text += f"; in {fields} write it out, as no variable is replaced there"
        return text


class _Shared:
    """Settings as others may read them: folders and secrets of this machine become variables.

    A folder is nobody else's business, and of no use to them. Different ones must stay so, or no
    value of the variable would be right.
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        self._uses: dict[str, _Use] = {}
        self._variables: dict[tuple[str, str], str] = {}
        # The user's own stand for what they stand for.
        self._taken = {name for text in _texts(settings) for name, _ in _variables(text)}
        self._taken.add(settings.get("api_key_env") or "")
        self._field = ""

    def field(self, key: str, value: Any) -> Any:
        """Return the value of a field of a model's file."""
        self._field = key
        shown = self._shown(key, value)
        if key in _FIELDS_WITH_VARIABLES:
            self._use_own(shown)
        return shown

    def comments(self) -> list[str]:
        """Return a line for each variable that is used, to be set before the file is."""
        return [f"# export {name}=...  # {use}" for name, use in self._uses.items()]

    def _shown(self, key: str, value: Any) -> Any:
        if key == "api_key_env":
            self._uses.setdefault(value, _Use()).values["the key of the server"] = None
            return value
        if key == "url":
            return _address(value)
        if key == "files":
            return {role: self._path(path) for role, path in value.items()}
        if key == "server_args":
            return self._words(value)
        if key == "serve":
            return {part: self._of_server(part, one) for part, one in value.items()}
        return self._value(value, None)

    def _use_own(self, shown: Any) -> None:
        """Note the variables that the user's own file names: others need them as well."""
        named = set(self._variables.values())
        for text in _texts(shown):
            for name, rest in _variables(text):
                if name in named:
                    continue
                use = self._uses.setdefault(name, _Use())
                if rest.startswith(("/", "\\")):
                    use.files[re.split(r"[\\/]", rest)[-1]] = None
                else:
                    use.values[f"used in {self._field}"] = None

    def _of_server(self, part: str, value: Any) -> Any:
        if part == "command":
            return self._words(value)
        if part == "env":
            return {
                name: text if _is_variable(text) else self._variable(name, text)
                for name, text in value.items()
            }
        return value  # `ready` is a path of the server's address

    def _words(self, words: list[str]) -> list[str]:
        shown, before = [], ""
        for word in words:
            is_value = bool(before) and not word.startswith("-")
            shown.append(self._secret(before, word) if is_value else self._word(word))
            before = word if re.fullmatch(r"-+[\w.-]+", word) and _is_secret(word) else ""
        return shown

    def _word(self, word: str) -> str:
        if match := _ASSIGNED.match(word):
            name, sign, value = match.groups()
            # With spaces it is a command line, which begins with the variables of its program.
            is_line = not name.startswith("-") and sign == "=" and " " in value
            if _is_secret(name) and not is_line:
                return name + sign + self._secret(name, value)
        return self._places(_INSIDE.sub(self._secret_inside, word))

    def _secret_inside(self, match: re.Match[str]) -> str:
        name, value = next(
            (match[name], match[value])
            for name, value in (("name", "value"), ("json", "text"), ("bearer", "rest"))
            if match[name]
        )
        plain = re.sub(r"[\s=:'\"]+", "", name)
        if not _is_secret(plain):
            return match[0]
        quote = value[0] if value[0] in "'\"" else ""
        shown = self._secret(plain, value.strip(quote) if quote else value)
        return f"{name}{quote}{shown}{quote}"

    def _value(self, value: Any, secret: str | None) -> Any:
        """Return a value of any shape; `secret` is the name of the secret that it is part of."""
        if isinstance(value, dict):
            return {key: self._value(item, _secret_at(key, secret)) for key, item in value.items()}
        if isinstance(value, list):
            return [self._value(item, secret) for item in value]
        if isinstance(value, str):
            return self._secret(secret, value) if secret else self._places(value)
        if secret and isinstance(value, int | float) and not isinstance(value, bool):
            shown = self._secret(secret, str(value))
            return shown if shown != str(value) else value
        return value

    def _secret(self, name: str, value: str) -> str:
        scheme = match[0] if (match := _SCHEME.match(value)) else ""
        secret = value[len(scheme) :]
        is_count = _NUMBER.match(secret) and not _SECRET_NUMBER.search(name)
        if is_count or _NO_SECRET.match(secret) or _is_variable(secret):
            return value
        return scheme + self._variable(name, secret)

    def _places(self, text: str) -> str:
        """Return a text without folders, and its addresses without what they give away."""
        start = _BEFORE.match(text)
        assert start is not None  # it matches nothing, too
        path = text[start.end() :]
        if (root := _ROOT.match(path)) and not _NO_PATH.search(path, root.end()):
            return start[0] + self._path(path)
        if _URL.match(path) and not re.search(r"\s", path):
            return start[0] + _address(path)
        shown, end = "", 0
        for url in _URL.finditer(text):
            shown += _PIECE.sub(self._piece, text[end : url.start()]) + _address(url[0])
            end = url.end()
        return shown + _PIECE.sub(self._piece, text[end:])

    def _piece(self, match: re.Match[str]) -> str:
        if quote := match["quote"]:
            return f"{quote}{self._path(match['whole'])}{quote}"
        return self._path(match[0])

    def _path(self, path: str) -> str:
        folder, name = _split(path)
        if not folder or not _ROOT.match(path):  # it tells no place of this machine
            return path
        key = re.sub(r"/(?:\.?/)+", "/", folder)
        if _WINDOWS.match(path):
            key = re.sub(r"[\\/]+", "/", folder).casefold()
        variable = self._variable("models", key, file=name)
        return f"{variable}/{name}"

    def _variable(self, name: str, content: str, file: str | None = None) -> str:
        """Return $NAME for a folder with this file, or for a secret: one for each content."""
        words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
        wish = re.sub(r"[^A-Za-z0-9]+", "_", words).strip("_").upper()[:40] or "SECRET"
        wish = f"_{wish}" if wish[0].isdigit() else wish
        key = (wish if file is None else "", content)
        if key not in self._variables:
            names = (wish if number == 1 else f"{wish}_{number}" for number in count(1))
            self._variables[key] = next(one for one in names if one not in self._taken)
            self._taken.add(self._variables[key])
        variable = self._variables[key]
        use = self._uses.setdefault(variable, _Use())
        if file is None:
            use.values[f"the value of {name}"] = None
        elif file:
            use.files[file] = None
        if self._field not in _FIELDS_WITH_VARIABLES:
            use.not_replaced_in[self._field] = None
        return f"${variable}"


def _split(path: str) -> tuple[str, str]:
    """Return the folder of a path, on whatever system, and the name of its file."""
    ends = [path.rfind("/"), path.rfind("\\") if _WINDOWS.match(path) else -1]
    end = max(ends)
    return path[: max(end, 0)], path[end + 1 :]


def _address(url: str) -> str:
    """Return an address without a user, a password and a query, which may hold a key."""
    return re.sub(r"(?<=://)[^/?#]*@", "", re.sub(r"(?s)[?#].*", "", url))


def _secret_at(key: Any, above: str | None) -> str | None:
    """Return the name of the secret that a key of a mapping holds."""
    name = str(key)
    if _NO_SECRET_NAME.search(name):
        return None
    return name if _is_secret(name) else above


def _is_secret(name: str) -> bool:
    return bool(_SECRET_NAME.search(name)) and not _NO_SECRET_NAME.search(name)


def _is_variable(text: str) -> bool:
    return _VARIABLE.fullmatch(text) is not None


def _variables(text: str) -> Iterator[tuple[str, str]]:
    """Yield each variable that a text uses, and what stands behind it."""
    for match in _VARIABLE.finditer(text):
        yield match[1] or match[2], text[match.end() :]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)
    elif isinstance(value, str):
        yield value


def _named(names: dict[str, None]) -> str:
    """Return names for a comment, which they cannot end."""
    plain = [" ".join(visible(name).split()) for name in names]
    cut = [name if len(name) <= NAME_CHARS else name[: NAME_CHARS - 1] + "…" for name in plain]
    more = [f"{len(cut) - MOST_NAMES} more"] if len(cut) > MOST_NAMES else []
    return ", ".join([*cut[:MOST_NAMES], *more])
