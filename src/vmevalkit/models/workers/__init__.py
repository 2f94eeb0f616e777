"""The worker: runs inside the environment of an open model, where nothing else of this package is installed."""
