"""One generator of task pairs per file."""
