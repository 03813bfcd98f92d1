"""Serve the tools of agents by gradio's own MCP server, and nothing of the page besides.

gradio makes a tool of every public endpoint. Here only those of `tools` are any, by their own names.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout

import gradio as gr

from siamese_core.errors import UserError
from siamese_core.page.serving.agents.tools import PREFIX, TOOLS, has_tools


@contextmanager
def only_tools(page: gr.Blocks) -> Iterator[None]:
    """Let the page, which is launched within the block, serve its tools, if it was built with any.

    UserError where that cannot be, which gradio passes over. What it prints of the protocol is left out.
    """
    if not has_tools(page):
        yield
        return
    from gradio import mcp

    class ToolServer(mcp.GradioMCPServer):
        def get_tool_to_endpoint(self) -> dict[str, str]:
            return {name: f"/{PREFIX}{name}" for name in TOOLS}

    whole = mcp.GradioMCPServer
    mcp.GradioMCPServer = ToolServer
    try:
        with redirect_stdout(io.StringIO()):
            yield
    finally:
        mcp.GradioMCPServer = whole
    if page.mcp_error:
        raise UserError(
            f"--mcp needs a package mcp that fits gradio {gr.__version__}. Received: {page.mcp_error}. "
            "Install one: pip install 'mcp>=1.30,<2'"
        )
