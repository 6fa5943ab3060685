"""Reads a YAML file of the pack and keeps the line of every value, so that errors can point at it.

A pack is written by people who do not program. "purposes.yaml:41: purposes.3.version: must be a
whole number" lets them fix it; a validation dump does not.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from assistant.core.errors import PackInvalid

ModelT = TypeVar("ModelT", bound=BaseModel)

MAX_NODES = 200_000
"""More nodes than any pack file needs; an alias bomb has many more."""


class PackModel(BaseModel):
    """The base of every schema of a pack file: unknown keys are mistakes, not extensions."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


try:  # libyaml reads a pack ten times as fast, where PyYAML was built with it
    _SafeLoader = yaml.CSafeLoader
except AttributeError:
    _SafeLoader = yaml.SafeLoader  # type: ignore[assignment,misc]  # the same, in Python


class _Loader(_SafeLoader):
    """The safe loader, except that a key given twice is an error instead of a silent loss."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[object, object]:  # noqa: FBT001, FBT002 - PyYAML's own signature
        seen: set[object] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, Hashable):
                continue  # the parent's own error is good
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} is given twice", key_node.start_mark
                )
            seen.add(key)
        return dict(super().construct_mapping(node, deep=deep))


@dataclass(frozen=True, slots=True)
class PackFile:
    """A YAML file that was read: its value, and the tree that knows where each part stands."""

    path: Path
    value: object
    root: yaml.Node | None

    def line(self, location: Sequence[int | str]) -> int:
        """Return the line (from 1) of the deepest part of ``location`` that exists."""
        node, line = self.root, 1
        for step in location:
            if node is None:
                break
            line = node.start_mark.line + 1
            node, line = _child(node, step, line)
        return line if node is None else max(line, node.start_mark.line + 1)

    def wrong(self, location: Sequence[int | str], problem: str) -> PackInvalid:
        """Return the error that names file, line, place and problem."""
        place = ".".join(str(step) for step in location)
        where = f"{place}: " if place else ""
        return PackInvalid(f"{self.path}:{self.line(location)}: {where}{problem}")

    def parse(self, model: type[ModelT]) -> ModelT:
        """Return the file's value as ``model``.

        Raises:
            PackInvalid: naming the first wrong place and how many more there are.
        """
        try:
            return model.model_validate(self.value)
        except ValidationError as error:
            problems = error.errors(include_url=False, include_context=False, include_input=False)
            # A misspelt key is also a missing one; what is there is what its author can find.
            problems.sort(key=lambda problem: problem["type"] != "extra_forbidden")
            more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
            message = problems[0]["msg"].replace("Extra inputs are not permitted", "unknown key")
            raise self.wrong(problems[0]["loc"], message + more) from None


def _child(node: yaml.Node, step: int | str, line: int) -> tuple[yaml.Node | None, int]:
    """Return the node below ``node`` at ``step``, and the best line known for it."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(step):
                return value, key.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], line
    return None, line


def read_pack_file(path: Path) -> PackFile:
    """Read and compose one YAML file.

    Raises:
        PackInvalid: when it is missing, not UTF-8, not YAML, or repeats a key.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise PackInvalid(f"{path}: the file is missing") from None
    except UnicodeDecodeError:
        raise PackInvalid(f"{path}: the file is not UTF-8 text") from None
    try:
        loader = _Loader(text)
        root = loader.get_single_node()
        _refuse_bombs(path, root)
        value = None if root is None else loader.construct_document(root)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise PackInvalid(f"{path}:{line}: {error.problem or 'not valid YAML'}") from None
    except yaml.YAMLError:
        raise PackInvalid(f"{path}: the file holds characters that YAML does not allow") from None
    return PackFile(path=path, value=value, root=root)


def _refuse_bombs(path: Path, root: yaml.Node | None) -> None:
    """Refuse a file whose aliases unfold to more than any pack needs."""
    waiting, seen = [root] if root else [], 0
    while waiting:
        node = waiting.pop()
        seen += 1
        if seen > MAX_NODES:
            raise PackInvalid(f"{path}: the file unfolds to more than {MAX_NODES} values")
        if isinstance(node, yaml.MappingNode):
            waiting.extend(part for pair in node.value for part in pair)
        elif isinstance(node, yaml.SequenceNode):
            waiting.extend(node.value)
