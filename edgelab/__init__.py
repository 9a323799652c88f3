"""Which regulatory edges is a network missing, how sure can one be, and would it matter?"""

from edgelab._version import __version__ as __version__
