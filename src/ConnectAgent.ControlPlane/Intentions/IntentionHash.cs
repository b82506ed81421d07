using System.Buffers.Binary;
using System.Text;
using ConnectAgent.Protocol.Hashing;
using ConnectAgent.Protocol.Intentions;

namespace ConnectAgent.ControlPlane.Intentions;

/// <summary>The hash that ID based intentions show (IXN-14).</summary>
internal static class IntentionHash
{
    private const int Length = 32;

    /// <summary>Standard base64 with padding.</summary>
    public static string Of(Intention intention)
    {
        using var bytes = new MemoryStream(256);
        foreach (var text in new[]
        {
            intention.Id, intention.Description, intention.SourceNamespace, intention.SourceName, intention.DestinationNamespace,
            intention.DestinationName, intention.SourceType, intention.Action,
        })
        {
            bytes.Write(Encoding.UTF8.GetBytes(text ?? string.Empty));
        }

        Span<byte> precedence = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(precedence, intention.Precedence);
        bytes.Write(precedence);
        foreach (var (key, value) in (intention.Meta ?? new Dictionary<string, string>(StringComparer.Ordinal)).OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            bytes.Write(Encoding.UTF8.GetBytes(key));
            bytes.Write(Encoding.UTF8.GetBytes(value));
        }

        return Convert.ToBase64String(Blake2b.Hash(bytes.GetBuffer().AsSpan(0, (int)bytes.Length), Length));
    }
}
