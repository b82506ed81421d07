using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace ConnectAgent.Client.Tls;

/// <summary>Whose certificates a client believes.</summary>
internal static class ServerTrust
{
    /// <summary>Those that lead to one of these authorities, and no others. Nothing is fetched to find that out.</summary>
    public static X509ChainPolicy In(X509Certificate2Collection authorities)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(authorities);
        return policy;
    }

    /// <summary>
    /// Those for another name than that of the address: <see cref="System.Net.Http.SocketsHttpHandler"/> takes the name from there, so this one is compared
    /// here, with everything else as found.
    /// </summary>
    public static RemoteCertificateValidationCallback Named(string name) => (_, shown, _, errors) =>
        (errors & ~SslPolicyErrors.RemoteCertificateNameMismatch) == SslPolicyErrors.None && shown is X509Certificate2 own && own.MatchesHostname(name);
}
