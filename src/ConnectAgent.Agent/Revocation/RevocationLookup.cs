using System.Collections.Frozen;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Identity;

namespace ConnectAgent.Agent.Revocation;

/// <summary>A revocation list made ready for the question that each authorize call asks. Immutable.</summary>
internal sealed class RevocationLookup
{
    private readonly FrozenSet<(string Datacenter, string Serial)> _serials;
    private readonly FrozenDictionary<(string Datacenter, string Namespace, string Service), ulong> _identities;

    // Of whatever datacenter: whoever is not in these need not be looked at more closely.
    private readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> _namedSerials;
    private readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> _namedServices;

    private RevocationLookup(RevocationList list)
    {
        List = list;
        _serials = list.Revoked.Where(entry => entry.SerialNumber is not null)
            .Select(entry => (Lower(entry.Datacenter), entry.SerialNumber!)).ToFrozenSet();
        Dictionary<(string Datacenter, string Namespace, string Service), ulong> identities = [];
        foreach (var entry in list.Revoked)
        {
            if (entry.SpiffeId is not null && SpiffeId.TryParse(entry.SpiffeId, out var id, out _) && id is ServiceId service)
            {
                // What cannot be read as a number leaves no certificate out.
                var before = entry.SerialsBefore is { } text && SerialNumber.TryCount(text, out var number) ? number : ulong.MaxValue;
                identities[KeyOf(service)] = Math.Max(before, identities.GetValueOrDefault(KeyOf(service)));
            }
        }

        _identities = identities.ToFrozenDictionary();
        _namedSerials = _serials.Select(entry => entry.Serial).ToFrozenSet(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();
        _namedServices = identities.Keys.Select(key => key.Service).ToFrozenSet(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();
    }

    public static RevocationLookup Empty { get; } = new(RevocationList.Empty);

    public RevocationList List { get; }

    public static RevocationLookup Of(RevocationList list) => list.Revoked.Count == 0 ? Empty : new(list);

    /// <summary>Whether a certificate is revoked.</summary>
    /// <param name="identity">From the certificate; as everywhere in authorize, its path decides and not its host (SPIF-2, SPIF-5).</param>
    /// <param name="serial">
    /// As the caller spells it. One that is missing, or that no control plane counted, cannot be compared: then all of a revoked identity's
    /// certificates count as revoked.
    /// </param>
    public bool IsRevoked(ServiceId identity, string serial)
    {
        if (_serials.Count == 0 && _identities.Count == 0)
        {
            return false;
        }

        var isSerial = SerialNumber.TryNormalize(serial, out var normal);
        if (isSerial && _serials.Contains((Lower(identity.Datacenter), normal)))
        {
            return true;
        }

        return _identities.TryGetValue(KeyOf(identity), out var before)
            && (!isSerial || !SerialNumber.TryCount(normal, out var number) || number < before);
    }

    /// <summary>Whether <see cref="IsRevoked"/> has to be asked about a certificate; makes nothing.</summary>
    public bool MayBeRevoked(ReadOnlySpan<char> service, ReadOnlySpan<char> serial) =>
        (_identities.Count > 0 && _namedServices.Contains(service))
        || (_serials.Count > 0 && (!SerialNumber.IsNormal(serial) || _namedSerials.Contains(serial)));

    private static (string Datacenter, string Namespace, string Service) KeyOf(ServiceId identity) =>
        (Lower(identity.Datacenter), identity.Namespace, identity.Service);

    // Datacenters are lower case here; a URI may spell them otherwise.
    private static string Lower(string datacenter) => datacenter.ToLowerInvariant();
}
