"""The catalog: one TOML file per family."""
