using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Intentions;

namespace ConnectAgent.Agent.Identity;

/// <summary>What the agent knows about itself and its cluster from its configuration.</summary>
/// <param name="Datacenter">Lower case.</param>
/// <param name="NodeName">As configured.</param>
/// <param name="ConnectEnabled">False: every Connect endpoint refuses (clients LAUNCH-4); never false where remote servers decide.</param>
/// <param name="DefaultToken">Used for requests without one; empty for none (http-conventions TOK-1).</param>
/// <param name="DefaultDecision">What holds when no intention matches (intentions AUTHZ-23).</param>
internal sealed record AgentIdentity(
    string Datacenter, string NodeName, bool ConnectEnabled, string DefaultToken, DefaultDecision DefaultDecision)
{
    private string _defaultToken = DefaultToken;
    private string _agentToken = string.Empty;
    private TaskCompletionSource _tokensChanged = NewSignal();

    /// <summary>As it is now.</summary>
    public string DefaultToken => Volatile.Read(ref _defaultToken);

    /// <summary>Another default token, by a reload or by the agent's own API; new reads use its partition at once (agent-cache TOKC-3).</summary>
    public void UseDefaultToken(string token) => Use(ref _defaultToken, token);

    /// <summary>What the agent's own reads and writes go under: its own token, else the default token (services AE-5, acl ACL-AGT-6); empty for none.</summary>
    public string AgentToken => Volatile.Read(ref _agentToken) is { Length: > 0 } own ? own : DefaultToken;

    /// <summary>Another token of the agent's own; empty for none.</summary>
    public void UseAgentToken(string token) => Use(ref _agentToken, token);

    /// <summary>Completes when one of the two is another. Take it before the token that it is to tell of.</summary>
    public Task TokensChanged => Volatile.Read(ref _tokensChanged).Task;

    /// <summary>Refuses while Connect is off.</summary>
    /// <exception cref="ServerException">clients LAUNCH-4.</exception>
    public void RequireConnect()
    {
        if (!ConnectEnabled)
        {
            throw ServerException.ConnectDisabled();
        }
    }

    /// <summary>Refuses another datacenter than the agent's own: the embedded control plane serves one.</summary>
    /// <exception cref="ServerException">http-conventions DC-3.</exception>
    public void RequireDatacenter(string datacenter)
    {
        if (datacenter != Datacenter)
        {
            throw ServerException.UnknownDatacenter();
        }
    }

    // Records print their members; the token must not reach a log that way.
    public override string ToString() => $"{NodeName} in {Datacenter}";

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Use(ref string held, string token)
    {
        if (Interlocked.Exchange(ref held, token) != token)
        {
            Interlocked.Exchange(ref _tokensChanged, NewSignal()).TrySetResult();
        }
    }
}
