"""Models: the wrapper contract, the catalog and the embedded controls."""
