"""Stand-in for what rewrites prompts by a service."""

# mypy: disable-error-code="import-not-found"

import dashscope


class DashScopePromptExpander:
    service = dashscope
