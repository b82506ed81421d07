using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Limits;

namespace ConnectAgent.Agent.Servers.Tokens;

/// <summary>How tokens of remote servers are resolved (acl ACL-CFG-1).</summary>
internal sealed class RemoteTokenOptions
{
    public bool Enabled { get; init; }

    /// <summary>Whether a request that no rule decides is allowed; counts while the servers cannot be asked.</summary>
    public bool DefaultAllow { get; init; } = true;

    public DownPolicy DownPolicy { get; init; } = DownPolicy.ExtendCache;

    /// <summary>
    /// How long an answer may be reused: the shortest of <c>token_ttl</c>, <c>policy_ttl</c> and <c>role_ttl</c>, because what a token may do hangs on
    /// all three. Default 30 s.
    /// </summary>
    [Limit("acl.remote_answer_life", "s", "the servers are asked again", Key = "acl.token_ttl")]
    public TimeSpan Ttl { get; init; } = TimeSpan.FromSeconds(30);
}
