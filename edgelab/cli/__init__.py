"""The command line: `edgelab demo`, `edgelab infer`, `edgelab benchmark` and others."""

from ._app import main as main
