"""Videos whose verdict is known: solved ones, and ones that are wrong in a specific way; one file per domain."""
