"""Perturbing a graph under a cost budget."""

from .sparse_parameterization import SparseParameterization as SparseParameterization
