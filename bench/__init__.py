"""How fast mibun is, measured beside its peers in one run: ``make bench``. The results stand in ``results/``."""
