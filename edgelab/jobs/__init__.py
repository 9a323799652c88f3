"""One call per question: infer, perturb, refine."""

from edgelab.refinement import refinement_model as refinement_model

from ._infer import Inference as Inference
from ._infer import infer_edges as infer_edges
from ._perturb import Perturbation as Perturbation
from ._perturb import PerturbSettings as PerturbSettings
from ._perturb import perturb_edges as perturb_edges
from ._refine import refine_edges as refine_edges
