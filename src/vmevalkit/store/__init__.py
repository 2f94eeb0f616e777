"""The output tree: where runs are kept, and how they are found again."""
