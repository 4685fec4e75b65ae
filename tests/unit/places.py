"""Where things stand in the project folder."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / "config"
DATA = ROOT / "tests" / "data"
SCRIPTS = ROOT / "workflow_scripts"
