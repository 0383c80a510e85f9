"""This process after all others: it gets what they leave of the processor."""

import os


def step_back() -> None:
    """Let this thread, and those that it will start, run only where nobody else wants to."""
    os.nice(19)
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
