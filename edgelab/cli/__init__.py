"""The command line: `edgelab demo`, `edgelab infer`, `edgelab evaluate`, `edgelab simulate`."""

from .app import main as main
