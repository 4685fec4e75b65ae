"""The model file that is recommended: it works elsewhere, and tells nothing of this machine."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from scribebench.project.models import identity, load_models
from scribebench.report.model_file import model_file, model_name
from scribebench.report.recommend import recommend
from unit.places import ROOT
from unit.test_recommend import World

FILES = {"model": "$GGUF/x.gguf", "mmproj": "$GGUF/mmproj.gguf"}


def text_of(**changes: Any) -> str:
    chosen = recommend(World().good("a", **changes).data()).chosen
    assert chosen is not None
    return model_file(chosen)


def told(**changes: Any) -> dict[str, Any]:
    return yaml.safe_load(text_of(**changes))


def comments(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("#")]


def argument(word: str) -> str:
    """Return how an argument of a server is shared."""
    [shown] = told(server_args=[word])["server_args"]
    return shown


# --- folders -------------------------------------------------------------------------------------


def test_each_folder_has_a_variable_of_its_own_and_a_comment_that_says_so() -> None:
    files = {"model": "/srv/me/x.gguf", "mmproj": "/srv/other/mm.gguf", "draft": "/srv/me/d.gguf"}
    command = ["serve", "--model-draft=/srv//other/y.gguf", "/opt/z/t.jinja", "{port}"]
    text = text_of(files=files, serve={"command": command, "ready": "/v1/health"})
    shown = yaml.safe_load(text)
    assert shown["files"] == {
        "draft": "$MODELS/d.gguf",
        "mmproj": "$MODELS_2/mm.gguf",
        "model": "$MODELS/x.gguf",
    }
    assert shown["serve"] == {
        "command": ["serve", "--model-draft=$MODELS_2/y.gguf", "$MODELS_3/t.jinja", "{port}"],
        "ready": "/v1/health",
    }
    assert comments(text) == [
        "# export MODELS=...  # the folder of d.gguf, x.gguf",
        "# export MODELS_2=...  # the folder of mm.gguf, y.gguf",
        "# export MODELS_3=...  # the folder of t.jinja",
    ]
    assert text.startswith("# export MODELS=")


def test_the_users_own_variables_stay_and_no_folder_takes_their_names() -> None:
    files = {"model": "$MODELS/x.gguf", "mmproj": "/srv/me/mm.gguf"}
    serve = {"command": ["${TOOLS}/serve", "$WORD", "{port}"], "env": {"A": "$MODELS_2"}}
    text = text_of(files=files, serve=serve, api_key_env="OUR_KEY")
    shown = yaml.safe_load(text)
    assert shown["files"] == {"model": "$MODELS/x.gguf", "mmproj": "$MODELS_3/mm.gguf"}
    assert shown["serve"] == serve
    assert shown["api_key_env"] == "OUR_KEY"
    assert comments(text) == [
        "# export OUR_KEY=...  # the key of the server",
        "# export MODELS_3=...  # the folder of mm.gguf",
        "# export MODELS=...  # the folder of x.gguf",
        "# export TOOLS=...  # the folder of serve",
        "# export WORD=...  # used in serve",
        "# export MODELS_2=...  # used in serve",
    ]


def test_where_no_variable_is_replaced_the_comment_says_so() -> None:
    [line] = comments(text_of(server_args=["--lora", "/srv/me/l.gguf"]))
    assert line == (
        "# export MODELS=...  # the folder of l.gguf; in server_args write it out, as no variable "
        "is replaced there"
    )


@pytest.mark.parametrize(
    "path",
    [
        "/data/models a/qwen/x.gguf",
        "/data/a=b, c:d/x.gguf",
        "/data/it's -old/x.gguf",
        r"C:\a b\x.gguf",
        r"C:\x.gguf",
        "D:/a b/x.gguf",
        r"\\box\a share\x.gguf",
        "~/a b/x.gguf",
        "~alice/b/x.gguf",
        "../../alice b/x.gguf",
    ],
)
def test_a_path_is_cut_as_a_whole(path: str) -> None:
    text = text_of(files={"model": path, "mmproj": path})
    assert yaml.safe_load(text)["files"] == dict.fromkeys(("model", "mmproj"), "$MODELS/x.gguf")
    assert comments(text) == ["# export MODELS=...  # the folder of x.gguf"]
    assert argument(path) == "$MODELS/x.gguf"
    assert argument(f"--lora={path}") == "--lora=$MODELS/x.gguf"


def test_a_name_that_is_shown_holds_no_folder_of_any_system() -> None:
    world = World().good("a", files={"model": r"C:\alice b\x.gguf"})
    for one in world.rows["runs"]:
        one["settings_json"] = one["settings_json"].replace('"tag": "a:4b"', '"tag": null')
    chosen = recommend(world.data()).chosen
    assert chosen is not None
    assert model_name(chosen) == "x.gguf"


@pytest.mark.parametrize(
    ("word", "shown"),
    [
        ("/a/b/x.gguf,/c/d/y.gguf", "$MODELS/x.gguf,$MODELS_2/y.gguf"),
        ("--volume=/a/b/x:/c/d/y", "--volume=$MODELS/x:$MODELS_2/y"),
        (
            "exec /a/b/x --model /c/d/y --port {port}",
            "exec $MODELS/x --model $MODELS_2/y --port {port}",
        ),
        ("/a/b/x --model '/c d/e/y'", "$MODELS/x --model '$MODELS_2/y'"),
        (r"/a/b/x --model /c\ d/e/y", "$MODELS/x --model $MODELS_2/y"),
        (r"run C:\a\x.exe -m D:\b\y.gguf", "run $MODELS/x.exe -m $MODELS_2/y.gguf"),
        ("file:///srv/me/x.gguf", "file://$MODELS/x.gguf"),
        ("--lora-scaled=/srv/me/x.gguf:0.5", "--lora-scaled=$MODELS/x.gguf:0.5"),
        ("at http://h/a/b and /srv/me/x", "at http://h/a/b and $MODELS/x"),
    ],
)
def test_paths_within_an_argument_are_cut(word: str, shown: str) -> None:
    assert argument(word) == shown


@pytest.mark.parametrize(
    "word",
    [
        "models/x.gguf",
        "./models/x.gguf",
        "$GGUF/a b/x.gguf",
        "${GGUF}/a/x.gguf",
        "/health",
        "http://127.0.0.1:1/v1/a",
        "1/2",
        "--spec-type",
        "blk.0=CPU",
        "s3://bucket/a/x.gguf",
        "qwen3vlmoe.expert_used_count=int:2",
        "hf.co/some/x-GGUF:Q4_K_M",
        r"\.ffn_.*=CPU",
    ],
)
def test_what_is_no_place_of_this_machine_stays(word: str) -> None:
    assert argument(word) == word


@pytest.mark.parametrize(
    "name",
    [
        "a\nlabel: evil",
        "a\r- x",
        "a\x85b: c",
        "a\u2028b: c",
        "a # b",
        "\x1b[31m\u202e",
        "\ud800",
        "ü" * 300,
    ],
)
def test_a_name_does_not_break_out_of_its_comment(name: str) -> None:
    files = {"model": f"/srv/me/{name}", "mmproj": "/srv/me/mm.gguf"}
    text = text_of(files=files)
    [line] = comments(text)
    assert yaml.safe_load(text) == yaml.safe_load(text.partition("\n")[2])
    assert yaml.safe_load(text)["label"] == "A"
    assert len(line) < 200
    assert not re.search("[\r\x85\u2028\x1b\u202e]", line)
    assert line.endswith(", mm.gguf") or line.startswith("# export MODELS=...  # the folder of mm.")


def test_of_many_names_the_first_are_told() -> None:
    [line] = comments(text_of(server_args=[f"/srv/me/{number}" for number in range(9)]))
    assert "the folder of 0, 1, 2, 3, 4, 5, 3 more;" in line


def test_the_text_is_a_model_file_with_these_settings(tmp_path: Path) -> None:
    files = {"model": "/srv/a b/x.gguf", "mmproj": "/srv/me/mm.gguf"}
    args = ["--lora", "/srv/me/l.gguf"]
    settings = {"backend": "llama-server", "url": "http://127.0.0.1:1"}
    text = text_of(files=files, server_args=args, **settings)
    (tmp_path / "new.yaml").write_text(text, encoding="utf-8")
    model = load_models(tmp_path, ROOT / "config" / "model.schema.yaml")["new"]
    shown = identity(model.variants["base"])
    assert shown == {key: value for key, value in yaml.safe_load(text).items() if key != "label"}
    assert shown["files"] == {"model": "$MODELS_2/x.gguf", "mmproj": "$MODELS/mm.gguf"}
    assert shown["server_args"] == ["--lora", "$MODELS/l.gguf"]


# --- secrets -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (["--api-key", "hunter2"], ["--api-key", "$API_KEY"]),
        (["--api-key=hunter2"], ["--api-key=$API_KEY"]),
        (["--api-key", "12345"], ["--api-key", "$API_KEY"]),
        (["--hf_token=hunter2"], ["--hf_token=$HF_TOKEN"]),
        (
            ["--ssl-keyfile-password", "hunter2"],
            ["--ssl-keyfile-password", "$SSL_KEYFILE_PASSWORD"],
        ),
        (["--client.secret", "a b"], ["--client.secret", "$CLIENT_SECRET"]),
        (["env", "TOKEN=hunter2", "serve"], ["env", "TOKEN=$TOKEN", "serve"]),
        (["-H", "Authorization: Bearer hunter2"], ["-H", "Authorization: Bearer $AUTHORIZATION"]),
        (["-H", "X-Api-Key: hunter2"], ["-H", "X-Api-Key: $X_API_KEY"]),
        (
            ["-c", "TOKEN=hunter2 serve --api-key hunter3 --x"],
            ["-c", "TOKEN=$TOKEN serve --api-key $API_KEY --x"],
        ),
        (["-c", "serve --api-key='hunter 2' --x"], ["-c", "serve --api-key='$API_KEY' --x"]),
        (
            ['--config={"api_key": "hun\\"ter2", "n": 1}'],
            ['--config={"api_key": "$API_KEY", "n": 1}'],
        ),
        (["--proxy=http://me:p@ss@host/v1?key=hunter2#x"], ["--proxy=http://host/v1"]),
        (["see 'http://me:pw@host/?key=a,b' now"], ["see 'http://host/' now"]),
        (
            ["--api-key", "a", "--other-api-key=a", "--api-key=b"],
            ["--api-key", "$API_KEY", "--other-api-key=$OTHER_API_KEY", "--api-key=$API_KEY_2"],
        ),
    ],
)
def test_no_argument_tells_a_secret(words: list[str], shown: list[str]) -> None:
    assert told(server_args=words)["server_args"] == shown
    command = told(serve={"command": [*words, "--port", "{port}"]})["serve"]["command"]
    assert command == [*shown, "--port", "{port}"]


@pytest.mark.parametrize(
    "words",
    [
        ["--api-key", "$OUR_KEY"],
        ["--api-key=${OUR_KEY}"],
        ["-H", "Authorization: Bearer $OUR_KEY"],
        ["-c", "serve --api-key $OUR_KEY --x"],
        ["--api-key-env", "OUR_KEY"],
        ["--api-key-file", "keys/key.txt"],
        ["--max-tokens", "4096"],
        ["--max-tokens=-1"],
        ["--check-token", "--verbose"],
        ["--key-length=128"],
        ["--end-token", "<|im_end|>"],
        ["--special-tokens", "true"],
        ["--tokenizer-mode", "auto", "--tokenizer=some/x"],
        ["--override-kv", "tokenizer.ggml.add_bos_token=bool:false"],
        ["--override-kv", "qwen.attention.key_length=int:128,qwen.x=int:1"],
    ],
)
def test_what_is_no_secret_stays(words: list[str]) -> None:
    assert told(server_args=words)["server_args"] == words


def test_a_file_of_a_key_is_a_path() -> None:
    words = ["--api-key-file", "/srv/me/key.txt"]
    assert told(server_args=words)["server_args"] == ["--api-key-file", "$MODELS/key.txt"]


def test_the_address_has_no_user_and_no_query() -> None:
    for url in ("http://me:p@ss@127.0.0.1:1/v1?key=a#b", "http://127.0.0.1:1/v1?a=b&key='x"):
        assert told(url=url)["url"] == "http://127.0.0.1:1/v1"


def test_no_field_of_a_request_tells_a_secret() -> None:
    body = {
        "api_key": "hunter2",
        "apiKey": "hunter2",
        "api_key_env": "OUR_KEY",
        "password": 123456,
        "max_tokens": 5,
        "own_token": "$OUR_KEY",
        "deep": [{"client_secret": ["hunter3", None, True], "num_key_heads": 8, "keys": "8"}],
        "token": {"value": "hunter4", "type": "x"},
        "chat_template_kwargs": {"enable_thinking": False, "stop_token": "<|im_end|>"},
        "file": "/srv/me/x.json",
    }
    text = text_of(extra_body=body, options={"temperature": 0.3, "secret": "hunter5"})
    shown = yaml.safe_load(text)
    assert shown["extra_body"] == body | {
        "api_key": "$API_KEY",
        "apiKey": "$API_KEY",
        "password": "$PASSWORD",
        "deep": [
            {"client_secret": ["$CLIENT_SECRET", None, True], "num_key_heads": 8, "keys": "8"}
        ],
        "token": {"value": "$TOKEN", "type": "x"},
        "file": "$MODELS/x.json",
    }
    assert shown["options"] == {"temperature": 0.3, "secret": "$SECRET"}
    assert not re.search("hunter|123456|/srv", text)
    assert (
        "# export API_KEY=...  # the value of apiKey, the value of api_key; in extra_body write it "
        "out, as no variable is replaced there" in comments(text)
    )


def test_the_values_of_a_servers_environment_are_not_told() -> None:
    env = {"API_KEY": "hunter2", "A": "0", "B": "0", "C": "$B", "D": "x $E"}
    command = ["serve", "--api-key", "hunter2", "{port}"]
    shown = told(serve={"command": command, "env": env})["serve"]
    assert shown["command"][2] == shown["env"]["API_KEY"] == "$API_KEY"
    # $B is the user's own: this one's value must not be told to be the same.
    assert shown["env"] == {"API_KEY": "$API_KEY", "A": "$A", "B": "$B_2", "C": "$B", "D": "$D"}
