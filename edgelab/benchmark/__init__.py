"""Data sets by methods by hold-outs: which method finds hidden edges, and do rankings stand?"""

from ._benchmark import Benchmark as Benchmark
from ._benchmark import run_benchmark as run_benchmark
from ._comparison import Comparison as Comparison
from ._comparison import Recovery as Recovery
from ._comparison import compare_methods as compare_methods
