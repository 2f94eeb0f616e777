#!/usr/bin/env bash
# Installs open models: names as arguments, `--model NAME`, or --all-opensource; --validate checks them afterwards.
# The same as `vmevalkit models install`, whose --help has all options: in the folder you are in, unless
# VMEVALKIT_ENVIRONMENTS_DIR and VMEVALKIT_WEIGHTS_DIR name others.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
if [ -x "$root/.venv/bin/vmevalkit" ]; then
  exec "$root/.venv/bin/vmevalkit" models install "$@"
elif command -v vmevalkit >/dev/null; then
  exec vmevalkit models install "$@"
fi
echo "vmevalkit is not installed. Run: cd '$root' && python3 -m venv .venv && .venv/bin/pip install -e '.[hub]'" >&2
exit 3
