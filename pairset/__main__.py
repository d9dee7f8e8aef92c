"""``python -m pairset`` is ``pairset``."""

import sys

from pairset.cli import main

sys.exit(main())
