using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using ConnectAgent.Cli.Framework;

namespace ConnectAgent.Cli.Doctor;

/// <summary>How long roots and leaves are good, and the clock that this depends on.</summary>
internal static class CertificateChecks
{
    private static readonly TimeSpan RootSoon = TimeSpan.FromDays(30);

    // Certificates are dated back by a minute (certificates CERT-43), so a clock that is further behind does not accept new ones.
    private static readonly TimeSpan ClockTooFar = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan ClockFar = TimeSpan.FromSeconds(5);

    // A renewal waits for its turn; what is later than this does not.
    private static readonly TimeSpan Overdue = TimeSpan.FromMinutes(10);

    /// <summary>The active root.</summary>
    /// <param name="roots">As an agent or a server answers them.</param>
    /// <param name="now">The time.</param>
    public static Finding OfRoots(JsonElement roots, DateTimeOffset now)
    {
        const string ToDo = "rotate the CA (docs/operations.md)";
        if (roots.Items("Roots").FirstOrDefault(static root => root.IsTrue("Active")) is not { ValueKind: JsonValueKind.Object } active)
        {
            return Finding.Fail("CA: there is no active root", "look at the log of the servers, and at connect ca get-config");
        }

        try
        {
            using var certificate = X509Certificate2.CreateFromPem(active.Text("RootCert"));
            var end = new DateTimeOffset(certificate.NotAfter.ToUniversalTime());
            var what = $"CA: the root is good until {Shown(end)}";
            return end <= now ? Finding.Fail($"CA: the root has expired at {Shown(end)}", ToDo) : end - now < RootSoon ? Finding.Warn(what, ToDo) : Finding.Ok(what);
        }
        catch (CryptographicException error)
        {
            return Finding.Fail("CA: the root cannot be read: " + error.Message, ToDo);
        }
    }

    /// <summary>The leaves that an agent keeps: one line for all that are well.</summary>
    /// <param name="leaves">Entries of its cache.</param>
    /// <param name="now">The time.</param>
    public static IEnumerable<Finding> OfLeaves(IReadOnlyList<JsonElement> leaves, DateTimeOffset now)
    {
        List<Finding> bad = [.. leaves.Select(leaf => OfLeaf(leaf, now)).OfType<Finding>()];
        if (bad.Count > 0 || leaves.Count == 0)
        {
            return bad.Count > 0 ? bad : [Finding.Ok("leaves: none is kept")];
        }

        var first = leaves.Select(static leaf => leaf.Field("Leaf").Time("ValidUntil")).Min();
        return [Finding.Ok(string.Create(CultureInfo.InvariantCulture, $"leaves: {leaves.Count}, all good until {Shown(first)}"))];
    }

    /// <summary>The clock of this host.</summary>
    /// <param name="other">Whose answer it is compared with.</param>
    /// <param name="date">The header <c>Date</c> of it.</param>
    /// <param name="now">The time here.</param>
    /// <returns>Null when the answer says no time.</returns>
    public static Finding? OfClock(string other, string? date, DateTimeOffset now)
    {
        if (!DateTimeOffset.TryParseExact(date, "r", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var theirs))
        {
            return null;
        }

        var apart = (now - theirs).Duration();
        var what = string.Create(CultureInfo.InvariantCulture, $"clock: {apart.TotalSeconds:0} s from that of {other}");
        const string ToDo = "set the clock of this host or of the other (chrony, systemd-timesyncd)";
        return apart > ClockTooFar ? Finding.Fail(what, ToDo) : apart > ClockFar ? Finding.Warn(what, ToDo) : Finding.Ok(what);
    }

    private static Finding? OfLeaf(JsonElement entry, DateTimeOffset now)
    {
        var (leaf, error) = (entry.Field("Leaf"), entry.Field("LastError").Text("Text"));
        if (leaf.ValueKind != JsonValueKind.Object)
        {
            return error.Length > 0 ? Finding.Warn($"leaf {entry.Text("Key")}: cannot be had: {error}", "do what the error says, and look at the agent's log") : null;
        }

        var (name, until) = ("leaf of " + leaf.Text("SpiffeId"), leaf.Time("ValidUntil"));
        return until <= now ? Finding.Fail($"{name}: expired at {Shown(until)}{(error.Length > 0 ? ": " + error : string.Empty)}", "look at the agent's log; connect-agent leaf renew SERVICE tries now")
            : error.Length > 0 ? Finding.Warn($"{name}: is not renewed: {error}", $"do what the error says before {Shown(until)}")
            : leaf.Text("NextRenewal").Length > 0 && leaf.Time("NextRenewal") < now - Overdue ? Finding.Warn($"{name}: its renewal is overdue", "look at the agent's log; connect-agent leaf renew SERVICE tries now")
            : null;
    }

    private static string Shown(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
