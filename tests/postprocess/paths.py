"""Lets the tests import the scripts of postprocess/."""

import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT / "postprocess"))
