using System.Buffers;
using System.Text;
using System.Text.Json;
using ConnectAgent.Protocol.Limits;

namespace ConnectAgent.Http.Authorize;

/// <summary>
/// The body of an authorize call as nearly all callers write it: known names, each at most once and in its own case, texts of unescaped ASCII, and
/// nothing behind them. Read without making anything; what else there is <see cref="AuthorizeBody"/> reads.
/// </summary>
internal ref struct PlainAuthorizeBody
{
    /// <summary>The longest body that is looked at, in bytes.</summary>
    [Limit("authorize.plain_body", "bytes", "takes the general path, with the same answer")]
    public const int Longest = 512;

    private readonly Span<char> _text;
    private int _used;

    private PlainAuthorizeBody(Span<char> text, Span<char> target)
    {
        _text = text;
        Target = target;
    }

    /// <summary>At the start of the space given for it.</summary>
    public ReadOnlySpan<char> Target { get; private set; }

    public ReadOnlySpan<char> ClientCertUri { get; private set; }

    public ReadOnlySpan<char> ClientCertSerial { get; private set; }

    /// <summary>Reads one.</summary>
    /// <param name="json">The whole body.</param>
    /// <param name="text">Space for the texts, <see cref="Longest"/>.</param>
    /// <param name="target">Space for the target, <see cref="Longest"/>.</param>
    /// <param name="body">What was read; parts that are not there are empty.</param>
    /// <returns>False for every other body, be it good or bad.</returns>
    public static bool TryRead(ReadOnlySpan<byte> json, Span<char> text, Span<char> target, out PlainAuthorizeBody body)
    {
        body = new PlainAuthorizeBody(text, target[..0]);
        try
        {
            return json.Length <= Longest && body.TryRead(new Utf8JsonReader(json), target);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private bool TryRead(Utf8JsonReader reader, Span<char> target)
    {
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            return false;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.ValueSpan;
            if (!reader.Read() || reader.TokenType != JsonTokenType.String || reader.ValueIsEscaped)
            {
                return false;
            }

            var value = reader.ValueSpan;
            if (name.SequenceEqual("Target"u8) && Target.IsEmpty && TryCopy(value, target))
            {
                Target = target[..value.Length];
            }
            else if (name.SequenceEqual("ClientCertURI"u8) && ClientCertUri.IsEmpty && TryCopy(value, _text[_used..]))
            {
                ClientCertUri = Take(value.Length);
            }
            else if (name.SequenceEqual("ClientCertSerial"u8) && ClientCertSerial.IsEmpty && TryCopy(value, _text[_used..]))
            {
                ClientCertSerial = Take(value.Length);
            }
            else
            {
                return false;
            }
        }

        // A second read finds what follows the value.
        return reader.TokenType == JsonTokenType.EndObject && !reader.Read();
    }

    private static bool TryCopy(ReadOnlySpan<byte> from, Span<char> to) =>
        Ascii.ToUtf16(from, to, out var written) == OperationStatus.Done && written == from.Length;

    private ReadOnlySpan<char> Take(int length)
    {
        _used += length;
        return _text[(_used - length).._used];
    }
}
