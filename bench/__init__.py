"""How fast mibun is, measured beside SymEngine (C++), SymPy, numdifftools and SciPy in one run. ``make bench``."""
