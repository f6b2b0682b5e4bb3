"""The commands of `python -m flywheel`, one noun a file: `register(subparsers)` adds parsers with `set_defaults(run=…)`; heavy imports happen inside run."""
