"""Comparisons, benchmarks and calibrations as tables and sentences."""

from ._benchmark import BENCHMARK_LABELS as BENCHMARK_LABELS
from ._benchmark import benchmark_summary as benchmark_summary
from ._benchmark import format_benchmark as format_benchmark
from ._benchmark import format_differences as format_differences
from ._benchmark import format_stability as format_stability
from ._calibration import CALIBRATION_HEADING as CALIBRATION_HEADING
from ._calibration import calibration_rows as calibration_rows
from ._calibration import calibration_sentence as calibration_sentence
from ._comparison import METRIC_LABELS as METRIC_LABELS
from ._comparison import check_records as check_records
from ._comparison import comparison_table as comparison_table
from ._comparison import comparison_verdict as comparison_verdict
from ._comparison import format_comparison as format_comparison
from ._rows import format_mean as format_mean
from ._rows import to_markdown_table as to_markdown_table
