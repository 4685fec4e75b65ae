"""Build the tiny vision-language model and print the command that serves it."""

import argparse
import shlex
from pathlib import Path

from support.llama_server import EXACT_ARITHMETIC, find_llama_server
from support.tiny_vlm import ARCHITECTURES, BEHAVIOURS, MAX_LABEL, build


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m support.tiny_vlm", description=__doc__)
    parser.add_argument("folder", type=Path, help="where to write the two files")
    parser.add_argument("--architecture", choices=ARCHITECTURES, default="qwen3vl")
    parser.add_argument("--behaviour", choices=BEHAVIOURS, default="normal")
    parser.add_argument(
        "--max-label", type=int, default=20, help=f"up to {MAX_LABEL} (default: %(default)s)"
    )
    parser.add_argument("--context-tokens", type=int, default=131_072, help="as the file claims it")
    options = parser.parse_args()
    vlm = build(
        options.folder,
        architecture=options.architecture,
        behaviour=options.behaviour,
        max_label=options.max_label,
        context_tokens=options.context_tokens,
    )
    server = [find_llama_server(), "--model", vlm.model, "--mmproj", vlm.mmproj, *EXACT_ARITHMETIC]
    print(shlex.join(map(str, server)))


if __name__ == "__main__":
    main()
