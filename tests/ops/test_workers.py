"""Work spread over processes."""

import subprocess
import sys

import pytest

from edgelab.errors import ConfigError
from edgelab.ops import spread

WORK = "import time; print('working', flush=True); time.sleep(120)"
SCRIPT = f"from edgelab.ops import spread; spread(exec, [{WORK!r}] * 2, 2, 'waiting', shown=False)"


def test_no_worker_outlives_a_killed_parent():
    parent = subprocess.Popen([sys.executable, "-c", SCRIPT], stdout=subprocess.PIPE, text=True)
    assert parent.stdout.readline() == "working\n"
    parent.kill()
    parent.communicate(timeout=30)  # ends when the last process that could write has ended


@pytest.mark.parametrize("number", [0, -1])
def test_work_needs_a_process(number):
    with pytest.raises(ConfigError, match="positive integer"):
        spread(abs, [1], number, "counting", shown=False)
