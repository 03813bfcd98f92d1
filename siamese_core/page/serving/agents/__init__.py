"""Give agents (language models) tools over the Model Context Protocol, where --mcp asks for it.

In: images as data URLs or ids, answers. Out: JSON as of the HTTP interface; rows with source "agent".
Open `tools` first; `protocol` puts gradio's own MCP server around them, and nothing else of the page.
"""
