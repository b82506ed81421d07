using ConnectAgent.Agent.Identity;
using ConnectAgent.Caching;
using ConnectAgent.Protocol.Identity;

namespace ConnectAgent.Agent.Revocation;

/// <summary>Answers "is this peer's certificate revoked" from the cache (intentions DEF-12).</summary>
internal sealed class RevocationService(AgentCache cache, RevocationKind kind, RevocationMetrics metrics, AgentIdentity agent)
{
    // DEF-12.
    private const string Revoked = "Certificate revoked";

    private const string Unreadable = "ClientCertSerial cannot be read as a serial number, and there are revoked certificates";

    // One for the life of the agent: authorize asks with each call.
    private readonly RevocationRequest _request = new(agent.Datacenter);

    /// <summary>Looks at a peer's certificate; a refusal is counted.</summary>
    /// <param name="client">The peer's identity.</param>
    /// <param name="serial">Of its certificate, in any spelling; empty when the caller does not know it.</param>
    /// <param name="cancellationToken">The caller going away.</param>
    /// <returns>The reason to refuse it; null when it is not revoked.</returns>
    /// <exception cref="Protocol.Errors.ServerException">
    /// The list was never read and cannot be: no decision without it, as there is none without intentions (intentions AUTHZ-32). One that was read
    /// goes on being used.
    /// </exception>
    public ValueTask<string?> RefuseAsync(ServiceId client, string serial, CancellationToken cancellationToken)
    {
        var list = cache.GetAsync(kind, _request, default, cancellationToken);
        return list.IsCompletedSuccessfully
            ? new ValueTask<string?>(Look(list.Result, client, serial))
            : AwaitAsync(list, client, serial);
    }

    /// <summary>Whether a certificate is certainly not revoked, from what is in memory and without making anything. False: ask <see cref="RefuseAsync"/>.</summary>
    public bool IsClear(ReadOnlySpan<char> service, ReadOnlySpan<char> serial)
    {
        // Only what is certain counts as a read: whoever has to ask again is counted there.
        return cache.Find(kind, _request.Datacenter, _request.Token, _request.Key) is { } entry
            && entry.Current.Value?.MayBeRevoked(service, serial) is false
            && cache.TryRead(kind, entry, out var list)
            && !list.Value.MayBeRevoked(service, serial);
    }

    private async ValueTask<string?> AwaitAsync(ValueTask<CacheAnswer<RevocationLookup>> list, ServiceId client, string serial) =>
        Look(await list, client, serial);

    private string? Look(CacheAnswer<RevocationLookup> list, ServiceId client, string serial)
    {
        var verdict = list.Value.Judge(client, serial);
        if (verdict == RevocationVerdict.Clear)
        {
            return null;
        }

        metrics.Refused();
        return verdict == RevocationVerdict.Revoked ? Revoked : Unreadable;
    }
}
