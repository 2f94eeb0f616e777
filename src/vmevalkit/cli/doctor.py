"""`vmevalkit doctor`: what works here, what is missing, and what mends it."""

from __future__ import annotations

import typer

from vmevalkit.cli.options import AsJson
from vmevalkit.cli.output import hint, show_json, show_table
from vmevalkit.runner.doctor import examine
from vmevalkit.settings import get_settings

EXIT_SETUP_MISSING = 3


def doctor(as_json: AsJson = False) -> None:
    """See what works here, what is missing, and the command that mends it.

    Exits with 3 when something that is needed is missing or broken.

    Examples:
      vmevalkit doctor
      vmevalkit doctor --json
    """
    findings = list(examine(get_settings()))
    if as_json:
        show_json({"findings": findings})
    else:
        show_table(
            ["WHAT", "STATE", "FOUND", "MENDED BY"],
            [[finding.name, finding.verdict, finding.detail, finding.fix or ""] for finding in findings],
            unbroken=2,
        )
    wanting = [finding for finding in findings if finding.verdict in {"missing", "broken"}]
    if wanting:
        hint(wanting[0].fix or "see above")
        raise typer.Exit(EXIT_SETUP_MISSING)
