"""``python -m pairset`` is ``pairset``."""

import sys

from pairset.app.cli import main

sys.exit(main())
