"""``python -m swf``: the command line."""

import sys

# What the extra "cli" brings.
_CLI_PACKAGES = {"click", "rich"}


def main() -> None:
    """Run the command line, or say what it needs."""
    try:
        from swf.cli import main as run

        sys.exit(run())
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in _CLI_PACKAGES:
            raise
        from swf.exceptions import MissingExtraError

        sys.exit(str(MissingExtraError("The command line", "cli")))


if __name__ == "__main__":
    main()
