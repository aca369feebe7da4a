"""The vocabulary of Cluewatch: types, states, errors and ports.

No I/O and nothing but the standard library and attrs. Every record is frozen and keyword-only;
every moment is an aware datetime; every offset counts Unicode code points, half-open.
"""
