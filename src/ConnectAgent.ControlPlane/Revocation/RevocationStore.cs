using ConnectAgent.ControlPlane.Authority;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Identity;
using ConnectAgent.State;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.ControlPlane.Revocation;

/// <summary>
/// The revocation list (intentions DEF-12). An identity is revoked by the serial counter's value at a time, so nothing need be written down for
/// each certificate that is signed; docs/design/0011-revocation.md.
/// </summary>
internal sealed class RevocationStore(
    StateStore store,
    BlockingReader reader,
    CertificateAuthority authority,
    TimeProvider clock,
    ILogger<RevocationStore> logger)
{
    // ca CA-30.
    private static readonly TimeSpan DefaultLife = TimeSpan.FromHours(72);

    private ulong _indexMarked;

    /// <summary>Reads the whole list; blocking.</summary>
    public async Task<(RevocationList List, ulong Index)> ListAsync(BlockingOptions blocking, CancellationToken cancellationToken) =>
        await reader.ReadAsync(
            blocking,
            [Topic.Any(RevocationTables.Revocations)],
            static state => (
                new RevocationList([.. state.Rows(RevocationTables.Revocations).Values]), state.IndexOf(RevocationTables.Revocations)),
            static (_, _) => false,
            cancellationToken);

    /// <summary>Revokes one certificate.</summary>
    /// <param name="serial">In the form of certificates CERT-53; it need not be one that was signed here.</param>
    /// <param name="datacenter">Where it was signed.</param>
    /// <param name="end">The certificate's NotAfter; null when the caller does not know it.</param>
    /// <returns>The entry as it stands now.</returns>
    /// <exception cref="ServerException"><see cref="FailureKind.Invalid"/>, or the list is full.</exception>
    public async Task<RevocationEntry> RevokeSerialAsync(string serial, string datacenter, DateTimeOffset? end)
    {
        var now = clock.GetUtcNow();
        if (end <= now)
        {
            throw Invalid("ValidBefore has passed: the certificate has ended by itself");
        }

        if (end > now + Revocations.LongestStay)
        {
            throw Invalid($"ValidBefore is more than {Revocations.LongestStay.TotalDays} days from now", Revocations.StayLimit);
        }

        return await PutAsync(writer => new RevocationEntry
        {
            SerialNumber = serial,
            Datacenter = datacenter,
            RevokedAt = now,
            ExpiresAt = end ?? now + LongestLife(writer.State),
        });
    }

    /// <summary>Revokes all certificates of an identity that were signed before a time.</summary>
    /// <param name="identity">Of this trust domain and datacenter: another one's serials are counted elsewhere.</param>
    /// <param name="datacenter">This control plane's.</param>
    /// <param name="issuedBefore">Null for now; not after now.</param>
    /// <param name="cancellationToken">Ends the call before anything is written.</param>
    /// <returns>The entry as it stands now; a former one with a later time stays as it is.</returns>
    /// <exception cref="ServerException"><see cref="FailureKind.Invalid"/>, or the list is full.</exception>
    public async Task<RevocationEntry> RevokeIdentityAsync(
        ServiceId identity, string datacenter, DateTimeOffset? issuedBefore, CancellationToken cancellationToken)
    {
        var (roots, _) = await authority.ReadRootsAsync(default, cancellationToken);
        if (!identity.IsInTrustDomain(roots.TrustDomain))
        {
            throw Invalid($"SPIFFE ID from a different trust domain: {identity.Host}, we are {roots.TrustDomain}");
        }

        if (identity.Datacenter != datacenter)
        {
            throw Invalid($"SPIFFE ID from a different datacenter: {identity.Datacenter}, we are {datacenter}");
        }

        var next = NextMark();
        var time = issuedBefore ?? next.At;
        if (time > next.At)
        {
            throw Invalid("IssuedBefore lies in the future");
        }

        var canonical = (identity with { Host = roots.TrustDomain }).ToString();
        return await PutAsync(writer =>
        {
            var before = SerialMarks.Before(writer.State.Rows(RevocationTables.SerialMarks), time, next);
            var end = before.At + LongestLife(writer.State);
            return end <= next.At
                ? throw Invalid("every certificate that was issued before IssuedBefore has ended by itself")
                : new RevocationEntry
                {
                    SpiffeId = canonical,
                    Datacenter = datacenter,
                    IssuedBefore = time,
                    SerialsBefore = SerialNumber.Format(before.Serial),
                    RevokedAt = next.At,
                    ExpiresAt = end,
                };
        });
    }

    /// <summary>Takes a revocation back: an operator's slip must be repairable.</summary>
    /// <param name="key">From <see cref="Revocations"/>.</param>
    /// <exception cref="ServerException"><see cref="FailureKind.NotFound"/>.</exception>
    public async Task TakeBackAsync(string key)
    {
        if (!await store.WriteAsync(writer => writer.Remove(RevocationTables.Revocations, key)))
        {
            throw new ServerException(FailureKind.NotFound, "Revocation not found");
        }

        logger.TakenBack(key);
    }

    /// <summary>Removes what has nothing left to refuse.</summary>
    /// <returns>How many entries went.</returns>
    public async Task<int> PruneAsync()
    {
        var now = clock.GetUtcNow();
        if (Revocations.Ended(store.Current.Rows(RevocationTables.Revocations), now).Count == 0)
        {
            return 0;
        }

        var pruned = await store.WriteAsync(writer => Revocations.Ended(writer.State.Rows(RevocationTables.Revocations), now)
            .Count(key => writer.Remove(RevocationTables.Revocations, key)));
        logger.Pruned(pruned);
        return pruned;
    }

    /// <summary>Notes which serial it is now, if anything may have been signed since the last mark.</summary>
    public async Task MarkAsync()
    {
        // Each signing has an index of its own (LEAF-33), so while the index stands still no serial was taken, and none need be.
        if (store.LastIndex == _indexMarked)
        {
            return;
        }

        var next = NextMark();
        _indexMarked = await store.WriteAsync(writer =>
        {
            writer.Put(RevocationTables.SerialMarks, next);
            var marks = writer.State.Rows(RevocationTables.SerialMarks);
            foreach (var key in SerialMarks.Surplus(marks, next.At, SerialMarks.LongestLife(marks, next.LeafLife)))
            {
                writer.Remove(RevocationTables.SerialMarks, key);
            }

            return writer.Index;
        });
    }

    /// <summary>How far apart marks are now.</summary>
    public TimeSpan MarkInterval => SerialMarks.Interval(LongestLife(store.Current));

    private static ServerException Invalid(string text, string? limit = null) => new(FailureKind.Invalid, "Bad request: " + text) { Limit = limit };

    private async Task<RevocationEntry> PutAsync(Func<StateWriter, RevocationEntry> make)
    {
        var written = await store.WriteAsync(writer =>
        {
            var made = make(writer);
            var key = Revocations.KeyOf(made);
            var rows = writer.State.Rows(RevocationTables.Revocations);
            var former = rows.GetValueOrDefault(key);
            if (former is null && rows.Count >= Revocations.Most)
            {
                throw new ServerException(
                    FailureKind.RateLimited,
                    $"The revocation list holds {Revocations.Most} entries, which is its bound; revoke by SPIFFE ID instead of by serial")
                { Limit = Revocations.EntriesLimit };
            }

            var row = former is null ? made : Revocations.Union(made with { CreateIndex = former.CreateIndex }, former);
            if (row == former)
            {
                return former;
            }

            row = row with { CreateIndex = former?.CreateIndex ?? writer.Index, ModifyIndex = writer.Index };
            writer.Put(RevocationTables.Revocations, row);
            return row;
        });
        logger.Revoked(Revocations.KeyOf(written), written.SerialsBefore ?? "-", written.ExpiresAt);
        return written;
    }

    // The time is read first: see SerialMark.At.
    private SerialMark NextMark()
    {
        var now = clock.GetUtcNow();
        return new SerialMark(now, store.TakeSerial(), ConfiguredLife);
    }

    // The longest LeafCertTTL that any listed root has signed with.
    private TimeSpan ConfiguredLife => store.Current.Find(AuthorityTables.Roots, StateTable.OnlyKey)?.Entries
        .Select(entry => entry.LongestLeafLife).DefaultIfEmpty(DefaultLife).Max() ?? DefaultLife;

    private TimeSpan LongestLife(StateSnapshot state) => SerialMarks.LongestLife(state.Rows(RevocationTables.SerialMarks), ConfiguredLife);
}
