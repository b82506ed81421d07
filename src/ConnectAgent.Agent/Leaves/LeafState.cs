using ConnectAgent.Caching;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Errors;

namespace ConnectAgent.Agent.Leaves;

/// <summary>What a leaf's refresh remembers between two fetches.</summary>
internal sealed class LeafState
{
    /// <summary>The servers' index of a leaf that they keep; null for one that was signed for a key made here.</summary>
    public ulong? ElsewhereIndex { get; set; }

    /// <summary>Whether the servers keep another one now.</summary>
    public bool IsReplaced { get; set; }

    /// <summary>Whether these very roots were known then; their index tells nothing, another life of the servers may give the same one.</summary>
    public bool KnewAtIssue(CaRoots roots) => ReferenceEquals(RootsAtIssue, roots)
        || (RootsAtIssue is { } then && then.Roots.Select(root => root.SigningKeyId).SequenceEqual(roots.Roots.Select(root => root.SigningKeyId)));

    public DateTimeOffset IssuedAt { get; set; }

    public long Issued { get; set; }

    /// <summary>What was known when the leaf came; the document is shared.</summary>
    public CaRoots? RootsAtIssue { get; set; }

    public RenewalPlan Plan { get; set; } = RenewalPlan.None;

    public CacheAnswer<CaRoots>? Roots { get; set; }

    public ServerException? LastError { get; set; }

    /// <summary>Whether the servers were unreachable at the last look.</summary>
    public bool WasUnreachable { get; set; }

    /// <summary>The renewal instant; drawn anew when a reader has been answered or a leaf has come, not at each look: it would for ever lie ahead (LEAF-42).</summary>
    public DateTimeOffset? Instant { get; set; }

    /// <summary>Whether an error told that the leaf has ended.</summary>
    public bool IsEndLogged { get; set; }
}
