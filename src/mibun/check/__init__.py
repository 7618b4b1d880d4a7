"""Do the routes to a derivative agree? Are two functions equal? Is someone else's gradient right?

Public: :func:`equals`, :func:`check` and :func:`audit`. Works on graphs and callables; what users hold is above.
"""

from mibun.check.equality import Gap, Verdict, equals
from mibun.check.gradients import Audit, audit
from mibun.check.routes import ROUTES, Report, check

__all__ = ["ROUTES", "Audit", "Gap", "Report", "Verdict", "audit", "check", "equals"]
