"""Run every benchmark of this folder, each in a process of its own: `python -m benchmarks`."""

import subprocess
import sys
from pathlib import Path


def main() -> int:
    failed = []
    for name in benchmarks():
        print(f"\n== benchmarks.{name}", flush=True)
        if subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode:
            failed.append(name)
    if failed:
        print(f"\nfailed: {', '.join(failed)}", file=sys.stderr)
    return len(failed)


def benchmarks() -> list[str]:
    """Modules that can be run: those with a `main`."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    return [
        file.stem
        for file in files
        if not file.stem.startswith("__") and "\ndef main(" in file.read_text()
    ]


if __name__ == "__main__":
    sys.exit(main())
