"""YAML that people write, and what they are told when it is wrong."""

from pathlib import Path
from typing import Any

import pytest

from scribebench.errors import ScribebenchError
from scribebench.project.documents import canonical_json, check, read_yaml
from unit.places import CONFIG

CONFIG_SCHEMA = CONFIG / "config.schema.yaml"
MODEL_SCHEMA = CONFIG / "model.schema.yaml"
SESSION_SCHEMA = CONFIG / "session.schema.yaml"


def written(folder: Path, text: str | bytes, name: str = "some.yaml") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def complaint_about(value: Any, schema: Path, source: str = "some.yaml") -> str:
    with pytest.raises(ScribebenchError) as caught:
        check(value, schema, source)
    return str(caught.value)


def config_with(**changes: Any) -> dict[str, Any]:
    return read_yaml(CONFIG / "config.yaml") | changes


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 1\nb: [x, y]\n", {"a": 1, "b": ["x", "y"]}),
        ("", {}),
        ("# only a comment\n", {}),
        ("seconds: {3: 50, 20: 340.9}\n", {"seconds": {"3": 50, "20": 340.9}}),
        ("\ufefftitle: Montag\n", {"title": "Montag"}),
        ("title: Größe\r\nlist:\r\n- 1\r\n", {"title": "Größe", "list": [1]}),
        ("base: &b {p: 1}\nother: {<<: *b, q: 2}\n", {"base": {"p": 1}, "other": {"p": 1, "q": 2}}),
    ],
    ids=[
        "plain",
        "empty",
        "comment",
        "number as a key is text",
        "byte order mark",
        "windows lines",
        "merge key",
    ],
)
def test_yaml_is_read(tmp_path: Path, text: str, value: dict[str, Any]) -> None:
    assert read_yaml(written(tmp_path, text)) == value


@pytest.mark.parametrize(
    ("text", "place", "problem"),
    [
        ("a: 1\nb: 2\na: 3\n", "line 3", "'a' stands twice"),
        ("a:\n  x: 1\n  y: 2\n  x: 3\n", "line 4", "'x' stands twice"),
        ("a: [1, 2\nb: 3\n", "line 2", "not valid YAML"),
        ("a: 1\n\tb: 2\n", "line 2", "tab"),
        ("a: *nowhere\n", "line 1", "undefined alias"),
        ("a: !!python/object/apply:os.getcwd []\n", "line 1", "python/object"),
        ("- one\n- two\n", "", "keys and values"),
        ("just text\n", "", "keys and values"),
        (b"title: Gr\xf6\xdfe\n", "", "not UTF-8"),
        (b"title: \x07\n", "", "not valid YAML"),
    ],
    ids=[
        "key twice",
        "inner key twice",
        "open bracket",
        "tab",
        "alias",
        "python object",
        "list",
        "text",
        "latin-1",
        "bell",
    ],
)
def test_a_wrong_file_is_named_with_its_line(
    tmp_path: Path, text: str | bytes, place: str, problem: str
) -> None:
    path = written(tmp_path, text)
    with pytest.raises(ScribebenchError) as caught:
        read_yaml(path)
    message = str(caught.value)
    assert str(path) in message
    assert problem in message
    assert place in message


def test_a_key_that_stands_twice_as_number_and_as_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ScribebenchError, match="twice"):
        read_yaml(written(tmp_path, 'seconds: {3: 50, "3": 51}\n'))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ScribebenchError, match=r"absent\.yaml cannot be read: No such file"):
        read_yaml(tmp_path / "absent.yaml")


def test_canonical_json_does_not_depend_on_the_order_of_keys() -> None:
    one = {"a": 1, "b": {"x": [1, 2], "y": None}}
    other = {"b": {"y": None, "x": [1, 2]}, "a": 1}
    assert canonical_json(one) == canonical_json(other) == '{"a":1,"b":{"x":[1,2],"y":null}}'


@pytest.mark.parametrize(
    ("one", "other"),
    [({"a": [1, 2]}, {"a": [2, 1]}), ({"a": 1}, {"a": "1"}), ({"a": None}, {}), ([1], [1, 1])],
)
def test_canonical_json_differs_where_values_differ(one: Any, other: Any) -> None:
    assert canonical_json(one) != canonical_json(other)


def test_the_project_s_own_configuration_is_right() -> None:
    check(read_yaml(CONFIG / "config.yaml"), CONFIG_SCHEMA, "config/config.yaml")


@pytest.mark.parametrize(
    ("value", "schema", "told"),
    [
        (config_with(modles=["a"]), CONFIG_SCHEMA, ["`modles`", "did you mean `models`?"]),
        (config_with(zzz=1), CONFIG_SCHEMA, ["`zzz`", "known keys are"]),
        (config_with(sessions="monday"), CONFIG_SCHEMA, ["`sessions`", "'monday'"]),
        (config_with(models=[]), CONFIG_SCHEMA, ["`models`", "[]"]),
        (
            {"label": "x", "backend": "openai", "tag": "m"},
            MODEL_SCHEMA,
            ["`url`", "is missing"],
        ),
        (
            {"label": "x", "backend": "ocr", "options": {"temprature": 1}},
            MODEL_SCHEMA,
            ["`options`", "did you mean `temperature`?"],
        ),
        (
            {"label": "x", "backend": "ocr", "variants": {"fast": {"batchsize": 1}}},
            MODEL_SCHEMA,
            ["`variants.fast`", "did you mean `batch_size`?"],
        ),
        ({"label": "x", "backend": "ocr", "variants": {"base": {}}}, MODEL_SCHEMA, ["base"]),
        ({"label": "x", "backend": "ocr", "batch_size": 0}, MODEL_SCHEMA, ["`batch_size`", "0"]),
        (
            {"label": "x", "backend": "ocr", "prior": {"wall_tps": 3}},
            MODEL_SCHEMA,
            ["`prior`", "`source`", "is missing"],
        ),
        ({"titel": "Monday"}, SESSION_SCHEMA, ["did you mean `title`?"]),
        (
            {"masks": [{"x": 0, "y": 0, "width": 4}]},
            SESSION_SCHEMA,
            ["`masks.0`", "`height`", "is missing"],
        ),
        ({"sample_fps": 0}, SESSION_SCHEMA, ["`sample_fps`", "frames a second"]),
    ],
)
def test_a_wrong_value_is_explained(value: Any, schema: Path, told: list[str]) -> None:
    message = complaint_about(value, schema, "config/some.yaml")
    assert message.startswith("config/some.yaml: ")
    for part in told:
        assert part in message


@pytest.mark.parametrize("frames", [{"budget": 0}, {"keepalive_s": -1}, {"phash_distance": 64}])
def test_a_value_out_of_range_is_refused(frames: dict[str, Any]) -> None:
    own = read_yaml(CONFIG / "config.yaml")["frames"]
    name = next(iter(frames))
    assert f"`frames.{name}`" in complaint_about(config_with(frames=own | frames), CONFIG_SCHEMA)


def test_each_problem_has_a_line_of_its_own() -> None:
    message = complaint_about(config_with(modles=1, sessions=3, report={}), CONFIG_SCHEMA)
    assert len(message.splitlines()) == 3
    assert all(line.startswith("some.yaml: ") for line in message.splitlines())


@pytest.mark.parametrize(
    "schema", [CONFIG_SCHEMA, MODEL_SCHEMA, SESSION_SCHEMA], ids=lambda path: path.name
)
def test_every_object_of_a_schema_is_closed_and_described(schema: Path) -> None:
    open_places, undescribed = [], []

    def walk(node: Any, place: str) -> None:
        if isinstance(node, list):
            for index, item in enumerate(node):
                walk(item, f"{place}[{index}]")
        if not isinstance(node, dict):
            return
        if node.get("type") == "object" and place != "extra_body":
            if "additionalProperties" not in node:
                open_places.append(place)
            for name, known in node.get("properties", {}).items():
                if not {"description", "$ref", "properties"} & set(known):
                    undescribed.append(f"{place}.{name}")
        for name, child in node.items():
            walk(child, name if name == "extra_body" else f"{place}.{name}")

    walk(read_yaml(schema), "")
    assert open_places == []
    assert undescribed == []
