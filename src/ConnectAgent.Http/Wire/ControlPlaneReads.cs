using ConnectAgent.Agent.Servers;
using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.State;

namespace ConnectAgent.Http.Wire;

/// <summary>What all reads of the embedded control plane share.</summary>
internal static class ControlPlaneReads
{
    public static BlockingOptions Blocking(ReadOptions options) => new(options.Blocking);

    /// <summary>The same for reads that need rights: a change of the token's rights answers them at once (acl ACL-SEC-3).</summary>
    public static BlockingOptions Blocking(ReadOptions options, TokenResolver tokens) =>
        Blocking(options) with { Rights = tokens.TryResolve, Token = options.Token };

    /// <summary>The same for what the agent of this process reads.</summary>
    public static BlockingOptions Blocking(ServerQuery query, TokenResolver tokens) => new(query.Blocking, tokens.TryResolve, query.Token);
}
