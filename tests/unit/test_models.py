"""Candidates: every file in config/models/, variants, and what identifies a run."""

from pathlib import Path
from typing import Any

import pytest

from scribebench.errors import ScribebenchError
from scribebench.project.models import (
    Model,
    Run,
    find_run,
    identity,
    load_models,
    merge,
    select_runs,
)
from unit.places import CONFIG

SCHEMA = CONFIG / "model.schema.yaml"
MODELS = load_models(CONFIG / "models", SCHEMA)
VLMS = sorted(set(MODELS) - {"ocr-baseline"})

# Every model that one of the two seed documents names, and the file that stands for it.
SEED_MODELS = {
    "qwen3-vl:4b": "qwen3-vl-4b",
    "qwen3-vl:8b": "qwen3-vl-8b",
    "MiMo-VL-7B": "mimo-vl-7b",
    "minicpm-v:8b": "minicpm-v-8b",
    "glm-ocr": "glm-ocr",
    "Qwen2.5-VL-7B-Instruct": "qwen2.5-vl-7b-gguf",
    "Qwen2.5-VL-72B-Instruct": "qwen2.5-vl-72b-gguf",
    "Qwen3-VL-2B-Instruct": "qwen3-vl-2b-gguf",
    "Qwen3-VL-4B-Instruct": "qwen3-vl-4b-gguf",
    "Qwen3-VL-8B-Instruct": "qwen3-vl-8b-gguf",
    "Qwen3-VL-30B-A3B-Instruct": "qwen3-vl-30b-a3b-gguf",
    "Qwen3-VL-235B-A22B-Thinking": "qwen3-vl-235b-a22b-thinking-gguf",
}


def model_file(folder: Path, text: str, name: str = "some") -> dict[str, Model]:
    (folder / f"{name}.yaml").write_text(text)
    return load_models(folder, SCHEMA)


LOCAL = "label: Some\nbackend: openai\nurl: http://127.0.0.1:8080\ntag: some\n"
WITH_VARIANTS = (
    LOCAL
    + """
options: {temperature: 0.3, num_predict: 6000}
batch_size: 8
server_args: [--one]
prior: {seconds_per_batch: {8: 100}, source: elsewhere}
variants:
  batch-1: {batch_size: 1}
  hot: {options: {temperature: 1}}
  args: {server_args: [--two]}
  own-prior: {options: {temperature: 1}, prior: {seconds_per_batch: {8: 50}, source: here}}
  both: {batch_size: 1, think: true}
"""
)


@pytest.fixture
def variants(tmp_path: Path) -> dict[str, dict[str, Any]]:
    return model_file(tmp_path, WITH_VARIANTS)["some"].variants


def test_the_models_of_both_seed_documents_are_all_there() -> None:
    assert sorted(SEED_MODELS.values()) == VLMS


def test_every_model_file_has_a_name_of_its_own_to_show() -> None:
    labels = [model.label for model in MODELS.values()]
    assert len(set(labels)) == len(labels)


@pytest.mark.parametrize("name", VLMS)
def test_the_settings_of_the_seed_stand_in_every_model(name: str) -> None:
    base = MODELS[name].variants["base"]
    assert base["batch_size"] == 8
    assert base["options"]["temperature"] == 0.3
    assert base["options"]["num_predict"] == 6000
    assert base["think"] is ("thinking" in name)


@pytest.mark.parametrize("name", VLMS)
def test_every_model_can_be_asked_about_one_image_at_a_time(name: str) -> None:
    """The author of the batch of 8 withdrew it: a single image a request is the thing to beat."""
    assert MODELS[name].variants["batch-1"]["batch_size"] == 1


@pytest.mark.parametrize("name", ["qwen3-vl-4b", "qwen3-vl-4b-gguf"])
def test_the_winner_of_the_seed_has_each_batch_size_that_it_tried(name: str) -> None:
    sizes = {settings["batch_size"] for settings in MODELS[name].variants.values()}
    assert sizes >= {3, 5, 8, 20}


def test_the_seconds_that_the_seed_measured_stand_in_the_prior_of_its_winner() -> None:
    seconds = MODELS["qwen3-vl-4b"].variants["base"]["prior"]["seconds_per_batch"]
    assert seconds == {"1": 8.0, "3": 50, "5": 67.7, "8": 104, "20": 340.9}


@pytest.mark.parametrize(
    ("name", "variant", "prior"),
    [
        ("qwen3-vl-8b", "think", {"seconds_per_batch": {"3": 70}, "output_tokens": {"3": 4000}}),
        ("mimo-vl-7b", "base", {"seconds_per_batch": {"3": 132}}),
        ("minicpm-v-8b", "base", {"seconds_per_batch": {"3": 13}, "output_tokens": {"3": 293}}),
        ("glm-ocr", "base", {"seconds_per_batch": {"3": 43}, "output_tokens": {"3": 4000}}),
        ("qwen2.5-vl-7b-gguf", "base", {"decode_tps": 15.28}),
        ("qwen2.5-vl-7b-gguf", "spec-k8", {"decode_tps": 57.1}),
        ("qwen3-vl-8b-gguf", "base", {"decode_tps": 24.2}),
        ("qwen3-vl-8b-gguf", "q8", {"decode_tps": 10.8}),
        ("qwen3-vl-30b-a3b-gguf", "moe4", {"decode_tps": 35}),
        ("qwen3-vl-235b-a22b-thinking-gguf", "moe2", {"decode_tps": 7.12}),
    ],
)
def test_figures_of_the_seeds_are_copied_right(
    name: str, variant: str, prior: dict[str, Any]
) -> None:
    stated = MODELS[name].variants[variant]["prior"]
    assert {key: stated[key] for key in prior} == prior
    assert stated["source"].startswith("seed 00")


@pytest.mark.parametrize("name", ["qwen3-vl-4b-gguf", "qwen2.5-vl-7b-gguf", "qwen3-vl-8b-gguf"])
def test_speeds_that_were_measured_on_garbage_are_left_out(name: str) -> None:
    garbage = {33, 20, 21}
    prior = MODELS[name].variants["base"]["prior"]
    assert not garbage & {prior.get("decode_tps"), prior.get("wall_tps")}


@pytest.mark.parametrize(
    ("name", "variant", "argument"),
    [
        ("qwen3-vl-30b-a3b-gguf", "moe4", "qwen3vlmoe.expert_used_count=int:4"),
        ("qwen3-vl-30b-a3b-gguf", "moe2", "qwen3vlmoe.expert_used_count=int:2"),
        ("qwen3-vl-235b-a22b-thinking-gguf", "moe2", "qwen3vlmoe.expert_used_count=int:2"),
    ],
)
def test_a_variant_with_fewer_experts_says_so_to_the_server(
    name: str, variant: str, argument: str
) -> None:
    assert argument in MODELS[name].variants[variant]["server_args"]


def test_no_image_is_sent_as_webp() -> None:
    formats = {MODELS[name].variants["base"]["image"]["format"] for name in VLMS}
    assert formats <= {"jpeg", "png"}


# --- variants ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("base", "change", "merged"),
    [
        ({"a": 1, "b": 2}, {"b": 3}, {"a": 1, "b": 3}),
        ({"a": {"x": 1, "y": 2}}, {"a": {"y": 3, "z": 4}}, {"a": {"x": 1, "y": 3, "z": 4}}),
        ({"a": {"b": {"c": 1, "d": 2}}}, {"a": {"b": {"c": 5}}}, {"a": {"b": {"c": 5, "d": 2}}}),
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
        ({"a": {"x": 1}}, {"a": None}, {"a": None}),
        ({"a": 1}, {"a": {"x": 1}}, {"a": {"x": 1}}),
        ({}, {"a": {"x": 1}}, {"a": {"x": 1}}),
    ],
)
def test_mappings_are_merged_and_all_else_is_replaced(base: Any, change: Any, merged: Any) -> None:
    assert merge(base, change) == merged


def test_merging_changes_neither_side() -> None:
    base, change = {"a": {"x": 1}}, {"a": {"y": 2}}
    merge(base, change)
    assert (base, change) == ({"a": {"x": 1}}, {"a": {"y": 2}})


def test_a_variant_differs_from_its_base_in_what_it_says_only(
    variants: dict[str, dict[str, Any]],
) -> None:
    assert variants["hot"]["options"] == {"temperature": 1, "num_predict": 6000}
    assert variants["hot"]["batch_size"] == 8
    assert variants["args"]["server_args"] == ["--two"]
    assert variants["base"]["options"] == {"temperature": 0.3, "num_predict": 6000}


@pytest.mark.parametrize(
    ("variant", "seconds"),
    [
        ("base", {"8": 100}),
        ("batch-1", {"8": 100}),
        ("hot", None),
        ("args", None),
        ("both", None),
        ("own-prior", {"8": 50}),
    ],
)
def test_a_figure_of_other_settings_is_not_a_variant_s_prior(
    variants: dict[str, dict[str, Any]], variant: str, seconds: dict[str, int] | None
) -> None:
    assert variants[variant].get("prior", {}).get("seconds_per_batch") == seconds


@pytest.mark.parametrize("variant", ["base", "batch-1", "own-prior"])
def test_what_is_only_shown_is_no_part_of_the_identity(
    variants: dict[str, dict[str, Any]], variant: str
) -> None:
    settings = {"label": "Some", **variants[variant]}
    assert "prior" in settings
    assert set(settings) - set(identity(settings)) == {"label", "prior"}


def test_a_changed_label_or_prior_leaves_the_identity_as_it_was(tmp_path: Path) -> None:
    before = model_file(tmp_path, WITH_VARIANTS)["some"].variants
    text = WITH_VARIANTS.replace("label: Some", "label: Other").replace("100", "200")
    after = model_file(tmp_path, text)["some"].variants
    assert before != after
    assert {name: identity(settings) for name, settings in before.items()} == {
        name: identity(settings) for name, settings in after.items()
    }


@pytest.mark.parametrize("change", [("0.3", "0.4"), ("tag: some", "tag: other"), ("8080", "8081")])
def test_a_changed_setting_changes_the_identity(tmp_path: Path, change: tuple[str, str]) -> None:
    before = model_file(tmp_path, WITH_VARIANTS)["some"].variants["base"]
    after = model_file(tmp_path, WITH_VARIANTS.replace(*change))["some"].variants["base"]
    assert identity(before) != identity(after)


def test_a_variant_that_does_not_fit_its_backend_is_named(tmp_path: Path) -> None:
    text = "label: x\nbackend: ocr\nvariants: {gguf: {backend: llama-server}}\n"
    with pytest.raises(ScribebenchError, match=r"some\.yaml \(variant gguf\).*`files` is missing"):
        model_file(tmp_path, text)


# --- screenshots stay on the machine -------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:11434",
        "http://localhost:8080",
        "http://LOCALHOST:8080",
        "http://[::1]:8080",
        "https://127.0.0.1",
    ],
)
def test_a_server_on_this_machine_needs_no_leave(tmp_path: Path, url: str) -> None:
    assert model_file(tmp_path, LOCAL.replace("http://127.0.0.1:8080", f'"{url}"'))


AWAY = [
    "http://192.168.1.20:8080",
    "https://api.example.com",
    "http://localhost.example.com",
    "http://127.0.0.1.example.com",
    "http://localhost@example.com",
    "http://127.0.0.1:8080@example.com/",
    "http://0.0.0.0:8080",
]


@pytest.mark.parametrize("url", AWAY)
def test_a_server_elsewhere_needs_leave(tmp_path: Path, url: str) -> None:
    with pytest.raises(ScribebenchError, match=r"(?s)some\.yaml.*add `remote: true`"):
        model_file(tmp_path, LOCAL.replace("http://127.0.0.1:8080", url))


@pytest.mark.parametrize("url", AWAY)
def test_a_server_elsewhere_may_be_used_with_leave(tmp_path: Path, url: str) -> None:
    assert model_file(tmp_path, LOCAL.replace("http://127.0.0.1:8080", url) + "remote: true\n")


def test_a_variant_cannot_lead_elsewhere_without_leave(tmp_path: Path) -> None:
    text = LOCAL + 'variants: {away: {url: "https://api.example.com"}}\n'
    with pytest.raises(ScribebenchError, match="remote: true"):
        model_file(tmp_path, text)


@pytest.mark.parametrize("port", ["80b0", "99999", "-1"])
@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "api.example.com"])
def test_a_port_that_is_none_is_named_with_its_file(tmp_path: Path, host: str, port: str) -> None:
    text = LOCAL.replace("127.0.0.1:8080", f"{host}:{port}").replace("url: ", 'url: "')
    text = text.replace("\ntag", '"\nremote: true\ntag')
    with pytest.raises(ScribebenchError, match=r"port must be a number.*`url:`") as caught:
        model_file(tmp_path, text)
    assert f"{host}:{port}" in str(caught.value)


@pytest.mark.parametrize("url", ["http://[::1", "ftp://127.0.0.1", "127.0.0.1:8080"])
def test_an_address_that_is_none_is_named_with_its_file(tmp_path: Path, url: str) -> None:
    with pytest.raises(ScribebenchError, match=r"some\.yaml"):
        model_file(tmp_path, LOCAL.replace("http://127.0.0.1:8080", f'"{url}"'))


# --- naming runs ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "run"),
    [
        ("qwen3-vl-4b", Run("qwen3-vl-4b", "base")),
        ("qwen3-vl-4b/base", Run("qwen3-vl-4b", "base")),
        ("qwen3-vl-4b/batch-1", Run("qwen3-vl-4b", "batch-1")),
    ],
)
def test_a_run_is_found_by_name(name: str, run: Run) -> None:
    assert find_run(MODELS, name) == run
    assert str(find_run(MODELS, str(run))) == str(run)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("qwen3-vl-4", ["config/models/qwen3-vl-4.yaml is missing", "did you mean 'qwen3-vl-4b'"]),
        ("zzz", ["'zzz'", "Known are glm-ocr"]),
        ("qwen3-vl-4b/batch-2", ["config/models/qwen3-vl-4b.yaml", "did you mean 'batch-"]),
        ("qwen3-vl-4b/zzz", ["'zzz'", "Known are base"]),
        ("qwen3-vl-4b/batch-1/x", ["'batch-1/x'"]),
        ("../secrets", ["'..'"]),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(name: str, told: list[str]) -> None:
    with pytest.raises(ScribebenchError) as caught:
        find_run(MODELS, name)
    for part in told:
        assert part in str(caught.value)


def test_all_selects_the_base_of_every_file() -> None:
    runs = select_runs(MODELS, "all")
    assert sorted(runs) == sorted(
        Run(path.stem, "base") for path in (CONFIG / "models").glob("*.yaml")
    )


def test_a_selection_keeps_its_order_and_drops_what_stands_twice() -> None:
    selected = ["qwen3-vl-8b", "glm-ocr", "qwen3-vl-8b/base"]
    assert select_runs(MODELS, selected) == [Run("qwen3-vl-8b", "base"), Run("glm-ocr", "base")]


def test_a_server_that_is_started_takes_the_place_of_one_that_runs(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "m.yaml").write_text(
        "label: M\nbackend: openai\nurl: http://127.0.0.1:1\ntag: m\n"
        "variants:\n  own: {serve: {command: [run, '{port}']}}\n"
    )
    variants = load_models(folder, SCHEMA)["m"].variants
    assert "url" in variants["base"]
    assert "url" not in variants["own"]


SERVED = "label: Some\nbackend: openai\ntag: some\nserve: {command: [run, '{port}']}\n"


def test_a_server_that_runs_takes_the_place_of_one_that_is_started(tmp_path: Path) -> None:
    text = SERVED + "variants: {there: {url: 'http://127.0.0.1:1'}, hot: {batch_size: 1}}\n"
    variants = model_file(tmp_path, text)["some"].variants
    given = {name: {"url", "serve"} & set(one) for name, one in variants.items()}
    assert given == {"base": {"serve"}, "there": {"url"}, "hot": {"serve"}}


BOTH = "url: 'http://127.0.0.1:1'"


@pytest.mark.parametrize(
    ("text", "variant"),
    [
        (SERVED + f"{BOTH}\n", "base"),
        (SERVED + f"{BOTH}\nvariants: {{one: {{batch_size: 1}}}}\n", "base"),
        (LOCAL + f"variants: {{one: {{{BOTH}, serve: {{command: [run, '{{port}}']}}}}}}\n", "one"),
        (SERVED + f"variants: {{one: {{{BOTH}, serve: {{ready: /health}}}}}}\n", "one"),
    ],
)
def test_a_server_that_is_started_at_an_address_is_refused(
    tmp_path: Path, text: str, variant: str
) -> None:
    """Some of what reads the file would go by one of them, and some by the other."""
    said = rf"some\.yaml \(variant {variant}\).*`url`.*`serve`.*take one of them out"
    with pytest.raises(ScribebenchError, match=said):
        model_file(tmp_path, text)
