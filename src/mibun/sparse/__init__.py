"""Derivatives with few entries: which entries there can be, and how few passes of the chain rule find them all.

``pattern`` reads from the graph which entries of a Jacobian or a Hessian may differ from 0, ``coloring`` puts columns
(or rows) that do not disturb each other into one pass, ``compressed`` turns the passes back into the matrix.
Nothing here knows about values beyond constants, and nothing about what users hold.
"""
