"""What every metric over a list of pairs asks first: is anything marked as true?"""

import numpy as np

from edgelab.errors import TableError
from edgelab.typing import Array, Bool


def check_positives(is_positive: Bool[Array, " rows"]) -> int:
    """Count the true pairs and refuse to go on without any.

    Args:
        is_positive: Marks the true pairs.

    Returns:
        How many there are.

    Raises:
        TableError: If there is none.

    Example:
        >>> check_positives(np.array([True, False]))
        1
    """
    count = int(np.count_nonzero(is_positive))
    if not count:
        raise TableError(
            f"none of the {is_positive.size} pairs is positive; at least one is needed to judge a ranking"
        )
    return count
