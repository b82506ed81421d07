using System.Collections.Frozen;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Identity;

namespace ConnectAgent.Agent.Revocation;

/// <summary>A revocation list made ready for what each authorize call asks. Immutable.</summary>
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
        HashSet<(string Datacenter, string Serial)> serials = [];
        Dictionary<(string Datacenter, string Namespace, string Service), ulong> identities = [];
        foreach (var entry in list.Revoked)
        {
            if (entry is { SerialNumber: { } text, SpiffeId: null, Datacenter: not null } && SerialNumber.TryNormalize(text, out var serial))
            {
                serials.Add((Lower(entry.Datacenter), serial));
            }
            else if (entry is { SerialNumber: null, SpiffeId: { } uri } && SpiffeId.TryParse(uri, out var id, out _) && id is ServiceId service)
            {
                identities[KeyOf(service)] = Math.Max(SerialNumber.Boundary(entry.SerialsBefore), identities.GetValueOrDefault(KeyOf(service)));
            }
            else
            {
                throw new ServerException(FailureKind.Failed, "the revocation list has an entry that names neither a certificate nor an identity that can be read");
            }
        }

        _serials = serials.ToFrozenSet();
        _identities = identities.ToFrozenDictionary();
        _namedSerials = _serials.Select(entry => entry.Serial).ToFrozenSet(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();
        _namedServices = identities.Keys.Select(key => key.Service).ToFrozenSet(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();
    }

    public static RevocationLookup Empty { get; } = new(RevocationList.Empty);

    public RevocationList List { get; }

    /// <summary>Makes a list ready.</summary>
    /// <exception cref="ServerException">An entry cannot be read. To leave it out would let in whom it means.</exception>
    public static RevocationLookup Of(RevocationList list) => list.Revoked.Count == 0 ? Empty : new(list);

    /// <summary>Whether a certificate is revoked.</summary>
    /// <param name="identity">From the certificate; as everywhere in authorize, its path decides and not its host (SPIF-2, SPIF-5).</param>
    /// <param name="serial">
    /// As the caller spells it; empty when it is not known. One that is missing, or that no control plane counted, cannot be compared: then all of a
    /// revoked identity's certificates count as revoked.
    /// </param>
    public RevocationVerdict Judge(ServiceId identity, string serial)
    {
        if (_serials.Count == 0 && _identities.Count == 0)
        {
            return RevocationVerdict.Clear;
        }

        var isSerial = SerialNumber.TryNormalize(serial, out var normal);
        var isRevoked = _identities.TryGetValue(KeyOf(identity), out var before);
        if (!isSerial && serial.Length > 0)
        {
            // It may be any.
            return isRevoked || _serials.Count > 0 ? RevocationVerdict.Unreadable : RevocationVerdict.Clear;
        }

        return _serials.Contains((Lower(identity.Datacenter), normal))
            || (isRevoked && (!SerialNumber.TryCount(normal, out var number) || number < before))
            ? RevocationVerdict.Revoked : RevocationVerdict.Clear;
    }

    /// <summary>Whether a certificate is not certainly clear.</summary>
    /// <inheritdoc cref="Judge"/>
    public bool IsRevoked(ServiceId identity, string serial) => Judge(identity, serial) != RevocationVerdict.Clear;

    /// <summary>Whether <see cref="Judge"/> has to be asked about a certificate; makes nothing.</summary>
    public bool MayBeRevoked(ReadOnlySpan<char> service, ReadOnlySpan<char> serial) =>
        (_identities.Count > 0 && _namedServices.Contains(service))
        || (_serials.Count > 0 && (!SerialNumber.IsNormal(serial) || _namedSerials.Contains(serial)));

    private static (string Datacenter, string Namespace, string Service) KeyOf(ServiceId identity) =>
        (Lower(identity.Datacenter), identity.Namespace, identity.Service);

    // Datacenters are lower case here; a URI may spell them otherwise.
    private static string Lower(string datacenter) => datacenter.ToLowerInvariant();
}

/// <summary>What a list says of a certificate.</summary>
internal enum RevocationVerdict
{
    /// <summary>It is not revoked.</summary>
    Clear,

    /// <summary>It is revoked.</summary>
    Revoked,

    /// <summary>Its serial was given and cannot be read, and so it may be one that is revoked.</summary>
    Unreadable,
}
