"""What it costs to set up a connection that is attested, beside plain mutual TLS.

Both ends are in one process, so a figure is the work of both. Enclaves are of a development module.
"""
