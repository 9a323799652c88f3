"""Data sets by methods by hold-outs: which method finds hidden edges best, and do rankings stand?"""

from ._benchmark import Benchmark as Benchmark
from ._benchmark import run_benchmark as run_benchmark
from ._compare import Comparison as Comparison
from ._compare import Recovery as Recovery
from ._compare import compare_methods as compare_methods
