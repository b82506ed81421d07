using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using ConnectAgent.Protocol.Json;
using ConnectAgent.Protocol.Limits;
using static ConnectAgent.ControlPlane.Acl.Rules.AclRefusal;

namespace ConnectAgent.ControlPlane.Acl.Login;

/// <summary>A bearer token taken apart; nothing in it is believed before its signature is checked. No error repeats any of it.</summary>
/// <param name="Algorithm">What its header says.</param>
/// <param name="Claims">A JSON object.</param>
/// <param name="Signed">What the signature is over.</param>
/// <param name="Signature">As the algorithm has it; not checked.</param>
internal sealed record CompactJws(string Algorithm, JsonElement Claims, byte[] Signed, byte[] Signature)
{
    /// <summary>In characters.</summary>
    [Limit(LengthLimit, "characters", "refused", Refuses = true)]
    public const int Longest = 32 * 1024;
    private const string LengthLimit = "login.jwt";

    [Limit(DepthLimit, "levels", "refused", Refuses = true)]
    private const int Depth = 32;
    private const string DepthLimit = "login.jwt_depth";
    private const string Prefix = "error parsing token: ";

    private static readonly SearchValues<char> Base64UrlCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    // A name twice would mean one thing here and another elsewhere.
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = Depth, AllowDuplicateProperties = false };

    /// <summary>Takes a token apart.</summary>
    /// <exception cref="Protocol.Errors.ServerException">acl ACL-LOG-2.</exception>
    public static CompactJws Parse(string bearer)
    {
        var text = bearer.Trim();
        Require(text.Length > 0, "missing jwt");
        Require(text.Length <= Longest, $"{Prefix}it is longer than {Longest} characters", LengthLimit);
        var parts = text.Split('.');
        Require(parts.Length == 3, Prefix + "square/go-jose: compact JWS format must have three parts");
        var header = Object(parts[0], "header");

        // What must be understood is not; the algorithm of an unsigned token is not among the known ones.
        Require(!header.TryGetProperty("crit", out _), Prefix + "its header has critical extensions");
        Require(
            header.TryGetProperty("alg", out var algorithm) && algorithm.ValueKind == JsonValueKind.String, Prefix + "its header names no algorithm");
        return new CompactJws(
            algorithm.GetString()!,
            Object(parts[1], "payload"),
            Encoding.ASCII.GetBytes(text, 0, parts[0].Length + 1 + parts[1].Length),
            Bytes(parts[2], "signature"));
    }

    // Records print their members; a bearer token must not reach a log that way.
    public override string ToString() => "bearer token";

    private static JsonElement Object(string part, string what)
    {
        var json = Bytes(part, what);
        try
        {
            Require(JsonTexts.FindBroken(json, new JsonReaderOptions { MaxDepth = Depth }) < 0, $"{Prefix}its {what} is not a JSON object");
            using var document = JsonDocument.Parse(json, Options);
            Require(document.RootElement.ValueKind == JsonValueKind.Object, $"{Prefix}its {what} is not a JSON object");
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            throw Failed($"{Prefix}its {what} is not a JSON object", JsonTexts.AreNestedDeeper(json, Depth) ? DepthLimit : null);
        }
    }

    private static byte[] Bytes(string part, string what)
    {
        // Stricter than the decoder, which takes padding and white space as well.
        Require(!part.AsSpan().ContainsAnyExcept(Base64UrlCharacters), $"{Prefix}its {what} is not base64url");
        try
        {
            return Base64Url.DecodeFromChars(part);
        }
        catch (FormatException)
        {
            throw Failed($"{Prefix}its {what} is not base64url");
        }
    }
}
