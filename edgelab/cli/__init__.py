"""The command line: `edgelab demo`, `edgelab infer`, `edgelab evaluate`, `edgelab simulate`."""

from ._app import main as main
