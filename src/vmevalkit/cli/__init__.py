"""The `vmevalkit` command: one file per noun."""
