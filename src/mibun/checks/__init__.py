"""Do the routes to a derivative agree? Are two functions equal? Is someone else's gradient right?

Public: :func:`equals`, :func:`check` and :func:`audit`. Works on graphs and callables; what users hold is above.
"""

from mibun.checks.equality import Gap, Verdict, equals
from mibun.checks.gradients import Audit, audit
from mibun.checks.routes import ROUTES, Report, check

__all__ = ["ROUTES", "Audit", "Gap", "Report", "Verdict", "audit", "check", "equals"]
