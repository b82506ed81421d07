using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace ConnectAgent.TestKit.Tokens;

/// <summary>Signs bearer tokens as an issuer does, with the platform's own RSA and ECDSA: nothing here is shared with what checks them.</summary>
public static class BearerTokens
{
    /// <summary>A token by an RSA key.</summary>
    /// <param name="algorithm">RS or PS with 256, 384 or 512.</param>
    public static string Sign(RSA key, JsonObject claims, string algorithm = "RS256") => Compose(
        Header(algorithm),
        claims.ToJsonString(),
        input => key.SignData(input, HashOf(algorithm), algorithm[0] == 'P' ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1));

    /// <summary>A token by an ECDSA key.</summary>
    public static string Sign(ECDsa key, JsonObject claims, string algorithm = "ES256") => Compose(
        Header(algorithm), claims.ToJsonString(), input => key.SignData(input, HashOf(algorithm)));

    /// <summary>A token of any header and payload.</summary>
    /// <param name="sign">Makes the signature of what is to be signed.</param>
    public static string Compose(string header, string payload, Func<byte[], byte[]> sign)
    {
        var input = $"{Encode(Encoding.UTF8.GetBytes(header))}.{Encode(Encoding.UTF8.GetBytes(payload))}";
        return $"{input}.{Encode(sign(Encoding.ASCII.GetBytes(input)))}";
    }

    public static string Header(string algorithm) => new JsonObject { ["alg"] = algorithm, ["typ"] = "JWT" }.ToJsonString();

    private static string Encode(ReadOnlySpan<byte> bytes) => Base64Url.EncodeToString(bytes);

    private static HashAlgorithmName HashOf(string algorithm) => new("SHA" + algorithm[2..]);
}
