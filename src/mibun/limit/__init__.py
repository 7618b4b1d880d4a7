"""The limit: the definition of the derivative as a route of its own.

``local`` says what happens to a function at a point, ``zeros`` finds such points, ``quotient`` studies the difference
quotient as h shrinks, ``principles`` derives with it (its ``families`` straight from the definition, its ``theorems``
the proofs of the rules), ``numeric`` computes with it, and ``enclosure`` proves between which numbers a value lies.
Graphs and numbers in, plain results out: nothing here knows what a ``Function`` is.
"""
