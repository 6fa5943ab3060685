"""The command ``assistant``: what a person types to run, fill, ask and check the service."""

from assistant.core.threads import limit_to_one_thread


def main() -> None:
    """Run the command line; numeric libraries are held to one thread before any is loaded."""
    limit_to_one_thread()
    from assistant.cli.app import run  # noqa: PLC0415 - nothing may load before the line above

    run()


if __name__ == "__main__":
    main()
