"""Plain NumPy code as a graph, by calling it: stand-ins take the place of its arguments and record what happens.

``traced`` holds the stand-in and the record, ``indexing`` and ``functions`` read NumPy's spellings, ``paths`` keeps the
ways that a function's control flow was seen to take, so that it need not be called again.
"""
