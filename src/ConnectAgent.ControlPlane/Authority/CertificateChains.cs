using System.Security.Cryptography.X509Certificates;

namespace ConnectAgent.ControlPlane.Authority;

/// <summary>Verifies chains against one root and nothing else that the machine may trust.</summary>
internal static class CertificateChains
{
    /// <summary>What is wrong with a certificate's chain; null when it is good.</summary>
    public static string? Problem(X509Certificate2 certificate, IEnumerable<X509Certificate2> intermediates, X509Certificate2 root, DateTimeOffset now)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(root);
        chain.ChainPolicy.ExtraStore.AddRange(intermediates.ToArray());
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTime = now.UtcDateTime;
        chain.ChainPolicy.VerificationTimeIgnored = false;
        return chain.Build(certificate)
            ? null
            : chain.ChainStatus.Select(status => status.StatusInformation.Trim()).FirstOrDefault() ?? "unknown problem";
    }
}
