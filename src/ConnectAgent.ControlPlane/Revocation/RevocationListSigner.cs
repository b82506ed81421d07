using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using ConnectAgent.ControlPlane.Authority;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.State;

namespace ConnectAgent.ControlPlane.Revocation;

/// <summary>
/// The revocations as X.509 lists (RFC 5280 section 5), for programs that verify certificates without asking an agent. A list names serials: what is revoked as a whole
/// identity is not in it, and the text says so (docs/design/0011-revocation.md).
/// </summary>
internal sealed class RevocationListSigner(StateStore store, BlockingReader reader, ActiveSigner signer, AuthorityOptions options, TimeProvider clock) : IDisposable
{
    // Who has none that is current refuses everybody, so a list outlives a long outage of the control plane, and the leaves of a root that was rotated out.
    private static readonly TimeSpan ShortestLife = TimeSpan.FromDays(7);
    private const int LeafLives = 3;

    private readonly SemaphoreSlim _gate = new(1);
    private readonly Dictionary<string, SignedList> _lists = new(StringComparer.Ordinal);

    /// <summary>Reads the lists: that of the active root, and the last one of each former root that still says all; blocking.</summary>
    /// <returns>PEM blocks, after comments.</returns>
    /// <exception cref="ServerException"><see cref="FailureKind.NotFound"/> where the CA signs none.</exception>
    public async Task<(string Pem, ulong Index)> ReadAsync(BlockingOptions blocking, CancellationToken cancellationToken)
    {
        var (_, index) = await reader.ReadAsync(
            blocking,
            [Topic.Any(RevocationTables.Revocations), Topic.Any(AuthorityTables.Roots), Topic.Any(AuthorityTables.Configuration)],
            static state => (
                state,
                Math.Max(state.IndexOf(RevocationTables.Revocations), Math.Max(state.IndexOf(AuthorityTables.Roots), state.IndexOf(AuthorityTables.Configuration)))),
            static (_, _) => false,
            cancellationToken);
        await _gate.WaitAsync(cancellationToken);
        try
        {
            return (await TextAsync(cancellationToken), index);
        }
        catch (ProviderException error)
        {
            throw new ServerException(FailureKind.Failed, error.Message, error);
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose() => _gate.Dispose();

    private async Task<string> TextAsync(CancellationToken cancellationToken)
    {
        var rows = store.Current.Rows(RevocationTables.Revocations);
        var authority = await signer.GetAsync(cancellationToken) ?? throw new ServerException(FailureKind.Failed, "CA has not finished initializing");
        var active = authority.Active.Root.Id;
        if (!_lists.TryGetValue(active, out var current) || !ReferenceEquals(current.Rows, rows) || clock.GetUtcNow() >= current.RenewAt)
        {
            _lists[active] = current = await SignAsync(authority, rows, current, cancellationToken);
        }

        foreach (var gone in _lists.Keys.Except(authority.Roots.Entries.Select(static entry => entry.Root.Id)).ToList())
        {
            _lists.Remove(gone);
        }

        // A former root's key is gone. What was revoked since is not in its list: without one, verifiers refuse all of its leaves.
        var text = new StringBuilder(Comment(rows));
        foreach (var list in _lists.Values.Where(list => clock.GetUtcNow() < list.Until && current.Serials.IsSubsetOf(list.Serials)))
        {
            text.Append(list.Pem);
        }

        return text.ToString();
    }

    private async Task<SignedList> SignAsync(
        LoadedAuthority authority, ImmutableSortedDictionary<string, RevocationEntry> rows, SignedList? former, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var revoked = rows.Values.Where(row => row.SerialNumber is not null && row.Datacenter == options.Datacenter).Select(static row => (Serial: row.SerialNumber!, row.RevokedAt)).ToList();
        var serials = revoked.Select(static one => one.Serial).ToImmutableHashSet(StringComparer.Ordinal);
        if (former is not null && now < former.RenewAt && serials.SetEquals(former.Serials))
        {
            return former with { Rows = rows };
        }

        var life = LeafLives * authority.Active.LongestLeafLife;
        var until = now + (life > ShortestLife ? life : ShortestLife);
        var der = await authority.Provider.SignRevocationListAsync(new RevocationListOrder(revoked, now, until), cancellationToken)
            ?? throw new ServerException(FailureKind.NotFound, "This CA signs no revocation lists");
        return new SignedList(rows, serials, PemEncoding.WriteString("X509 CRL", der) + "\n", until, now + ((until - now) / 2));
    }

    private static string Comment(ImmutableSortedDictionary<string, RevocationEntry> rows)
    {
        var identities = rows.Values.Where(static row => row.SpiffeId is not null).Select(static row => row.SpiffeId!).ToList();
        return identities.Count == 0 ? string.Empty
            : $"# Not in this list, which names serial numbers: the revocations of whole identities ({identities.Count}). Revoke their certificates by serial number, too.\n"
                + string.Concat(identities.Select(static identity => $"# {identity}\n"));
    }

    /// <summary>A list that is signed, kept until something changes or it ends soon.</summary>
    /// <param name="Rows">What it was made of.</param>
    /// <param name="Serials">What is in it.</param>
    private sealed record SignedList(
        ImmutableSortedDictionary<string, RevocationEntry> Rows, ImmutableHashSet<string> Serials, string Pem, DateTimeOffset Until, DateTimeOffset RenewAt);
}
