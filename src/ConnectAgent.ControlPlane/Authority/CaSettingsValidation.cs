using ConnectAgent.Protocol.Limits;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.ControlPlane.Authority;

/// <summary>The checks of CA-31, in its order; the first failure wins.</summary>
internal static class CaSettingsValidation
{
    private const int LeastPerIntermediate = 3;
    private static readonly TimeSpan ShortestLeaf = TimeSpan.FromHours(1);
    private const string LifeLimit = "ca.leaf_life";
    [Limit(LifeLimit, "s", "refused", Refuses = true)]
    private static readonly TimeSpan LongestLeaf = TimeSpan.FromHours(8760);
    private static readonly TimeSpan ShortestIntermediate = TimeSpan.FromHours(3);

    /// <summary>Checks what the provider is to work with.</summary>
    /// <exception cref="ProviderException">With the exact text.</exception>
    public static void Check(CaSettings settings)
    {
        Require(settings.RootCert.Length == 0 || settings.PrivateKey.Length > 0, "must provide a private key when providing a root cert");
        if (settings.SkipValidate)
        {
            return;
        }

        Require(
            settings.RootCertTtl >= settings.IntermediateCertTtl,
            "root cert TTL is set and is not greater than intermediate cert ttl. root cert ttl: "
                + $"{GoDuration.Format(settings.RootCertTtl)}, intermediate cert ttl: {GoDuration.Format(settings.IntermediateCertTtl)}");
        Require(settings.LeafCertTtl >= ShortestLeaf, "leaf cert TTL must be greater or equal than 1h0m0s");
        Require(settings.LeafCertTtl <= LongestLeaf, "leaf cert TTL must be less than 8760h0m0s", LifeLimit);
        Require(settings.IntermediateCertTtl >= ShortestIntermediate, "Intermediate Cert TTL must be greater or equal than 3h");
        var least = LeastPerIntermediate * settings.LeafCertTtl;
        Require(
            settings.IntermediateCertTtl >= least,
            $"Intermediate Cert TTL must be greater or equal than 3 * LeafCertTTL (>={GoDuration.Format(least)}).");
        switch (settings.PrivateKeyType)
        {
            case "ec":
                Require(settings.PrivateKeyBits is 224 or 256 or 384 or 521, "EC key length must be one of (224, 256, 384, 521) bits");
                break;
            case "rsa":
                Require(settings.PrivateKeyBits is 2048 or 4096, "RSA key length must be 2048 or 4096 bits");
                break;
            default:
                Require(holds: false, "private key type must be either 'ec' or 'rsa'");
                break;
        }
    }

    private static void Require(bool holds, string text, string? limit = null)
    {
        if (!holds)
        {
            throw new ProviderException(text, ProviderFault.BadConfiguration) { Limit = limit };
        }
    }
}
