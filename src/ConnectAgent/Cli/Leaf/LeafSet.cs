using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using ConnectAgent.Cli.Framework;

namespace ConnectAgent.Cli.Leaf;

/// <summary>What belongs together of one leaf. Holds its key: never printed.</summary>
/// <param name="Serial">Of the leaf.</param>
/// <param name="ValidBefore">As the agent says it.</param>
/// <param name="Certificate">PEM: the leaf, then its intermediates.</param>
/// <param name="Key">PEM.</param>
/// <param name="Roots">PEM: all that are trusted.</param>
/// <param name="RevocationLists">PEM: the lists of revoked certificates, after comments; null when they are not known.</param>
internal sealed record LeafSet(string Serial, string ValidBefore, string Certificate, string Key, string Roots, string? RevocationLists)
{
    /// <summary>The files: name, content, and whether the key is in it.</summary>
    public IEnumerable<(string Name, string Content, bool IsSecret)> Files =>
    [
        (CertificateFile, Certificate, false),
        (KeyFile, Key, true),
        (CombinedFile, Certificate + Key, true),
        (RootsFile, Roots, false),
        .. RevocationLists is null ? [] : new[] { (RevocationListFile, RevocationLists, false) },
    ];

    public const string CertificateFile = "cert.pem";
    public const string KeyFile = "key.pem";
    public const string CombinedFile = "combined.pem";
    public const string RootsFile = "roots.pem";
    public const string RevocationListFile = "crl.pem";

    /// <summary>The names of all files that there may be.</summary>
    public static IReadOnlyList<string> Names { get; } = [CertificateFile, KeyFile, CombinedFile, RootsFile, RevocationListFile];

    /// <summary>Takes answers of an agent apart.</summary>
    /// <exception cref="CommandFailure">They hold no certificate with its own key, or no root.</exception>
    public static LeafSet Of(JsonElement leaf, JsonElement roots, string? revocationLists)
    {
        var (certificate, key) = (Lines(leaf.Text("CertPEM")), Lines(leaf.Text("PrivateKeyPEM")));
        try
        {
            // A certificate that came with another's key is kept from whoever would fail by it.
            X509Certificate2.CreateFromPem(certificate, key).Dispose();
        }
        catch (Exception error) when (error is CryptographicException or ArgumentException)
        {
            throw new CommandFailure("The agent answered a certificate and a key that do not belong together.");
        }

        var bundle = string.Concat(roots.Items("Roots").Select(static root => Lines(root.Text("RootCert"))));
        return bundle.Length > 0
            ? new LeafSet(leaf.Text("SerialNumber"), leaf.Time("ValidBefore").ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture), certificate, key, bundle, revocationLists)
            : throw new CommandFailure("The agent answered no roots.");
    }

    // Records print their members; a key must not reach a log that way.
    public override string ToString() => Serial;

    private static string Lines(string pem) => pem.TrimEnd('\n') + "\n";
}
