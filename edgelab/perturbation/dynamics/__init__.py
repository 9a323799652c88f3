"""Dynamics on a graph."""

from ._ode import OdeSolution as OdeSolution
from ._ode import OdeSolver as OdeSolver
from ._ode import integrate_ode as integrate_ode
