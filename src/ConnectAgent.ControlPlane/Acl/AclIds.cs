using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.ControlPlane.Acl;

/// <summary>IDs of tokens, policies and roles (acl ACL-VOC-1, ACL-VOC-2).</summary>
internal static class AclIds
{
    public const string AnonymousAccessor = "00000000-0000-0000-0000-000000000002";

    private const string ReservedPrefix = "00000000-0000-0000-0000-0000000000";
    private const int Length = 36;

    /// <summary>A random ID that is not reserved.</summary>
    public static string Make()
    {
        while (true)
        {
            var id = new Guid(RandomNumberGenerator.GetBytes(16)).ToString("D", CultureInfo.InvariantCulture);
            if (!IsReserved(id))
            {
                return id;
            }
        }
    }

    public static bool IsReserved(string id) => id.StartsWith(ReservedPrefix, StringComparison.Ordinal);

    /// <summary>What IDs are looked up by: an ID is a number, whatever the case of its digits (ACL-TOK-7: what is looked up is read as hexadecimal).</summary>
    public static string KeyOf(string id) => NameKey.Of(id);

    /// <summary>8-4-4-4-12 hex digits.</summary>
    public static bool IsUuid(string id) => id.Length == Length && Guid.TryParseExact(id, "D", out _);

    /// <summary>What is wrong with the shape of an ID that is looked up (acl ACL-TOK-7); null for nothing.</summary>
    public static string? WhyMalformed(string id)
    {
        if (Encoding.UTF8.GetByteCount(id) != Length)
        {
            return "index error: UUID must be 36 characters";
        }

        foreach (var c in id)
        {
            if (c != '-' && !char.IsAsciiHexDigit(c))
            {
                return $"index error: Invalid UUID: encoding/hex: invalid byte: U+{(int)c:X4} '{c}'";
            }
        }

        return null;
    }

    /// <summary>What a secret is looked up by, so that a lookup's time tells nothing of the secret, and the tables' keys are no secrets.</summary>
    public static string DigestOf(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));
}
