"""Features: what metrics are computed from, each computed once for all of them."""
