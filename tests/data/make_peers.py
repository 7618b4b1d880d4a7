"""Writes ``autograd_examples.json``: values and derivatives of the examples in ``bench/autograd_examples.py``, by JAX.

JAX is needed (``pip install jax``); mibun does not depend on it, so it is not in this project's environment. The file
here was made with JAX 0.10.2 in double precision, on a CPU::

    PYTHONPATH=. python tests/data/make_peers.py

Run again, it writes the same up to rounding. autograd 1.9.1 agrees with it to 2e-11 of the largest component for tanh,
whose sixth derivative cancels, and to 4e-14 for the others.
"""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench.autograd_examples import EXAMPLES, Example, leaves, summary

FILE = Path(__file__).with_name("autograd_examples.json")


def answer(example: Example) -> dict[str, Any]:
    """The value, and by leaves of the arguments asked for, or by order, the derivatives."""
    import jax
    import jax.numpy as jnp

    arguments = jax.tree.map(jnp.asarray, example.arguments)
    value, *derivatives = example.results(jnp, jax.grad, arguments)
    return {
        "name": example.name,
        "value": summary(value),
        "derivatives": [[summary(leaf) for leaf in leaves(derivative)] for derivative in derivatives],
    }


def main() -> None:
    import jax

    jax.config.update("jax_enable_x64", True)
    head = json.dumps({"jax": version("jax")})
    rows = ",\n".join(json.dumps(answer(example), ensure_ascii=False, allow_nan=False) for example in EXAMPLES)
    FILE.write_text(f'{head[:-1]}, "examples": [\n{rows}\n]}}\n', encoding="utf-8")


if __name__ == "__main__":
    main()
