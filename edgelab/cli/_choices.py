"""Names that help texts list.

Written out here, because asking the registries for them would load torch before a help text is
shown. What is taken is decided there, when a command runs; a test holds these names against them.
"""

DATASETS = ("sachs", "ecoli70")
TASKS = ("masked", "perturbation", "intervention", "auto")
WAYS = ("mirror", "method", "association")
KEPT = ("design", "sources")
METHODS = (
    *("consensus", "gsnn", "mei", "mei_partial", "mei_spearman", "regressor", "edge_growth"),
    *("pearson", "pearson_control", "spearman", "partial_correlation"),
    *("z_shift", "ks_shift", "interventional_z", "robust_precision", "genie3", "grnboost"),
    *("out_degree", "preferential_attachment", "neighbourhood", "adamic_adar", "random"),
)
