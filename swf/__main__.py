"""``python -m swf``: the command line."""

import sys

# What the extra "cli" brings.
_CLI_PACKAGES = {"click", "rich"}


def main() -> None:
    """Run the command line, or say what it needs."""
    try:
        from swf.cli import main as run
    except ModuleNotFoundError as error:
        if error.name not in _CLI_PACKAGES:
            raise
        sys.exit("The command line needs the extra 'cli'. Install it: pip install 'simple-workflow[cli]'")
    sys.exit(run())


if __name__ == "__main__":
    main()
