"""Storms on real trackers: people edit, a proxy spoils answers, the process is killed; then both sides are compared."""
