using ConnectAgent.Http.Acl;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Text;
using ConnectAgent.Protocol.Tokens;

namespace ConnectAgent.Http.LocalAgent;

/// <summary>Sets the agent's own tokens (acl section 5.9).</summary>
internal sealed class AgentTokenEndpoints(AgentTokens tokens, AgentTokenOptions options) : IWireEndpoints
{
    public void Map(WireRoutes routes) =>
        routes.MapWire("/v1/agent/token/", (HttpMethods.Put, Permission.AgentWrite, PutAsync));

    // The body comes before the name.
    private async Task PutAsync(WireRequest request)
    {
        if (!options.AreAclsOn)
        {
            throw AclAccessGuard.Disabled();
        }

        var token = await RequestBody.ReadAsync(
            request, AclBodies.AgentToken, RequestBody.Undecodable);
        if (TokenText.IsTooLong(token))
        {
            throw new WireException(StatusCodes.Status400BadRequest, $"Bad request: Token is longer than {TokenText.Longest} bytes") { Limit = TokenText.LimitName };
        }

        bool known;
        try
        {
            known = tokens.TrySet(request.Tail, token);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ServerException(FailureKind.Failed, "failed to persist the token: " + error.Message);
        }

        if (!known)
        {
            throw new WireException(StatusCodes.Status404NotFound, $"Token {GoQuote.Of(request.Tail)} is unknown");
        }

        await WireReply.EmptyAsync(request.Context, StatusCodes.Status200OK);
    }
}
