using System.Text.Json;
using ConnectAgent.Agent.Discovery;
using ConnectAgent.Agent.Identity;
using ConnectAgent.Agent.Servers;
using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.ControlPlane.Chains;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Chains;
using ConnectAgent.Protocol.Discovery;
using ConnectAgent.Protocol.Reads;
using ConnectAgent.State;

namespace ConnectAgent.Http.Chains;

/// <summary>Chains out of the control plane: for callers, and for the agent's own cache (services DCH-1).</summary>
internal sealed class ChainReads(ChainStore chains, TokenResolver tokens, AgentIdentity agent) : IEmbeddedRead<ChainQuery, DiscoveryList>
{
    private readonly Func<string, object?> _rights = tokens.TryResolve;

    public string Name => DiscoveryReads.Chain.Name;

    public async Task<ServerRead<DiscoveryList>> ReadAsync(ChainQuery request, ServerQuery query, CancellationToken cancellationToken)
    {
        var (chain, index) = await ReadAsync(request, ChainOverridesBody.OfText(request.Overrides), query.Token, query.Blocking, cancellationToken);
        return new ServerRead<DiscoveryList>(DiscoveryList.Of(WireReply.Render(writer => Write(writer, chain), pretty: false), default, [], isFiltered: false), index);
    }

    /// <summary>Reads one.</summary>
    /// <exception cref="Protocol.Errors.ServerException">The token is unknown, or may not read the service; also after a wait.</exception>
    public async Task<(DiscoveryChain Chain, ulong Index)> ReadAsync(
        ChainQuery query, ChainOverrides overrides, string token, BlockingQuery blocking, CancellationToken cancellationToken)
    {
        var right = new AccessRequest(AclResource.Service, query.Service, AclAccess.Read);
        tokens.Resolve(token).Require(right);
        var evaluated = query.CompileDatacenter is { Length: > 0 } other ? other : agent.Datacenter;
        var read = await chains.ReadAsync(
            new ChainRequest(query.Service, evaluated, agent.Datacenter, TrustDomain: string.Empty) { Overrides = overrides },
            new BlockingOptions(blocking, _rights, token),
            cancellationToken);
        tokens.Resolve(token).Require(right);
        return read;
    }

    /// <summary>Writes an answer.</summary>
    public static void Write(Utf8JsonWriter writer, DiscoveryChain chain)
    {
        writer.WriteStartObject();
        writer.WritePropertyName("Chain");
        ChainJson.Write(writer, chain);
        writer.WriteEndObject();
    }
}
