"""``python -m gui``: opens the console."""

from __future__ import annotations

import sys

from gui.app.main import main

sys.exit(main())
