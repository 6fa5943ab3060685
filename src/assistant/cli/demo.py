"""``assistant demo``: everything at once, with invented customers, on this machine."""

from assistant.cli.options import DataDirOption, HostOption, KnowledgeOption, PortOption
from assistant.cli.read_settings import read_settings
from assistant.cli.terminal import print_line, progress


def demo(
    knowledge: KnowledgeOption = None,
    data_dir: DataDirOption = None,
    host: HostOption = None,
    port: PortOption = None,
) -> None:
    """Load demo customers with their history, serve, and print the pages to open.

    Makes its own keys and fills the data folder (`data`), but only one that is empty or that it
    made itself, so that nothing of a real service is touched. All people, orders and calls in it
    are invented and are as fresh as today.

    Example: `assistant demo --port 9000`
    """
    settings = read_settings(knowledge=knowledge, data_dir=data_dir, host=host, port=port)
    from assistant import bootstrap  # noqa: PLC0415 - loads the model's libraries

    bootstrap.serve_demo(settings, announce=print_line, progress=progress)
