"""Serve the tools of agents by gradio's own MCP server, and nothing of the page besides.

gradio makes a tool of every public endpoint. Here only those of `tools` are any, by their own names.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from siamese_core.page.serving.agents.tools import PREFIX, TOOLS


@contextmanager
def only_tools(agents: bool) -> Iterator[None]:
    """Let the page that is launched within the block serve the tools, where there are to be agents."""
    if not agents:
        yield
        return
    from gradio import mcp

    class ToolServer(mcp.GradioMCPServer):
        def get_tool_to_endpoint(self) -> dict[str, str]:
            return {name: f"/{PREFIX}{name}" for name in TOOLS}

    whole = mcp.GradioMCPServer
    mcp.GradioMCPServer = ToolServer
    try:
        yield
    finally:
        mcp.GradioMCPServer = whole
