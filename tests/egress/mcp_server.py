"""An MCP server of the official SDK that lets in one bearer token: `mcp_server.py PORT TRANSPORT TOKEN`."""

import sys

from mcp.server.auth.provider import AccessToken, TokenVerifier
from mcp.server.auth.settings import AuthSettings
from mcp.server.mcpserver import MCPServer

port, transport, token = int(sys.argv[1]), sys.argv[2], sys.argv[3]


class OneToken(TokenVerifier):
    async def verify_token(self, given):
        return AccessToken(token=given, client_id="test", scopes=["use"]) if given == token else None


server = MCPServer(
    "test", token_verifier=OneToken(),
    auth=AuthSettings(issuer_url=f"http://127.0.0.1:{port}", resource_server_url=f"http://127.0.0.1:{port}",
                      required_scopes=["use"]),
)


@server.tool()
def double(number: int) -> int:
    """Twice the number."""
    return 2 * number


server.run(transport=transport, host="127.0.0.1", port=port)
